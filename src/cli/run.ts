import { type Fit, imageToTensor, type ScoredClass, topClasses } from '../data/index.js';
import { readImage } from '../data/node.js';
import type { GraphInput } from '../graph/graph.js';
import { classifierOf, scoresOf } from './classifier.js';
import { type Command, modelOperand } from './command.js';
import { engineFacts, engineIn, engineOptions, start } from './engine.js';
import { meaningOptions, meaningsIn, withMeanings } from './meaning.js';
import { readModel } from './model-file.js';
import { choiceIn, integerIn } from './parse.js';
import { type Repeated, runRepeatedly } from './repeat.js';
import { shapeOption, shapesIn } from './shapes.js';
import { facts, table } from './table.js';
import { bar, formatMs, formatPercent } from './text.js';

const barWidth = 30;

interface Result extends Omit<Repeated, 'outputs'> {
  readonly image: string;
  readonly width: number;
  readonly height: number;
  readonly classes: readonly ScoredClass[];
}

const classTable = (classes: readonly ScoredClass[]): string =>
  table(
    [{ title: 'class' }, { title: 'share', align: 'right' }, { title: '' }],
    classes.map(({ label, probability }) => [
      label,
      formatPercent(probability),
      bar(probability, barWidth).replaceAll('░', ' '),
    ]),
  );

function describePicture({ image, width, height }: Result, { type }: GraphInput, fit: Fit): string {
  const [, , inputHeight = 0, inputWidth = 0] = type.shape;
  const size = `${image}  ${width}x${height}`;
  if (width === inputWidth && height === inputHeight) return size;
  const isCut = fit === 'crop' && width * inputHeight !== height * inputWidth;
  return `${size}, ${isCut ? 'cut and scaled' : 'scaled'} to ${inputWidth}x${inputHeight}`;
}

function describeTime({ firstMs, medianMs, repeats }: Result): string {
  const first = `first ${formatMs(firstMs)}`;
  return medianMs === undefined ? first : `${first}, median of ${repeats} more ${formatMs(medianMs)}`;
}

export const run: Command = {
  name: 'run',
  summary: 'Classify pictures',
  operands: [modelOperand],
  options: {
    image: {
      value: '<file>',
      help: 'a PNG or JPEG picture; may be repeated',
      multiple: true,
      required: true,
    },
    top: { value: '<n>', help: 'classes to show (default 5)' },
    runs: { value: '<n>', help: 'timed runs after the first (default 5, or fewer where they take long)' },
    fit: { value: '<how>', help: "to the model's size: crop (default) keeps proportions, stretch does not" },
    ...engineOptions,
    ...meaningOptions,
    ...shapeOption,
  },
  examples: [
    'spikelet run model.spikelet --image cat.jpg',
    'spikelet run model.spikelet --image cat.jpg --top 3 --json',
  ],
  async run(given, { out, signal }) {
    const paths = given.values.get('image') ?? [];
    const top = integerIn(given, 'top', 5);
    const runs = given.values.has('runs') ? integerIn(given, 'runs', 0, 0, 100_000) : undefined;
    const fit = choiceIn(given, 'fit', ['crop', 'stretch']) ?? 'crop';
    const engine = engineIn(given);
    const shapes = shapesIn(given);
    const meanings = meaningsIn(given);
    const file = await readModel(given.positionals[0] ?? '', shapes);
    const graph = withMeanings(file.graph, meanings);
    const classifier = classifierOf(graph);
    const { input } = classifier;
    const pictures = paths.map((path) => {
      const pixels = readImage(path);
      const { width, height } = pixels;
      return { image: path, width, height, tensor: imageToTensor(pixels, input, { fit }) };
    });
    const model = await start(graph, engine, signal);
    try {
      const results: Result[] = [];
      for (const { tensor, ...picture } of pictures) {
        const { outputs, ...times } = await runRepeatedly(model, { [input.name]: tensor }, runs, signal);
        const classes = topClasses(scoresOf(outputs, classifier), classifier.labels, top);
        results.push({ ...picture, ...times, classes });
      }
      if (given.switches.has('json')) {
        const { variant, threads } = model.explain();
        out.write(`${JSON.stringify({ model: graph.name, variant, threads: threads.used, results })}\n`);
        return;
      }
      const shown = results.map((result) => {
        const heading = facts([
          ['picture', describePicture(result, input, fit)],
          ['time', describeTime(result)],
          ['engine', engineFacts(model)],
        ]);
        return `${heading}\n\n${classTable(result.classes)}\n`;
      });
      out.write(shown.join('\n'));
    } finally {
      model.close();
    }
  },
};
