import { imageToTensor, type ScoredClass, topClasses } from '../data/index.js';
import { readImage } from '../data/node.js';
import { classifierOf, scoresOf } from './classifier.js';
import type { Command } from './command.js';
import { engineFacts, engineOptions, start } from './engine.js';
import { UsageError } from './io.js';
import { meaningOptions, withMeanings } from './meaning.js';
import { readModel } from './model-file.js';
import { choiceIn, integerIn } from './parse.js';
import { shapeOption, shapesIn } from './shapes.js';
import { table } from './table.js';
import { bar, formatMs, formatPercent } from './text.js';

const barWidth = 30;

const classTable = (classes: readonly ScoredClass[]): string =>
  table(
    [{ title: 'class' }, { title: 'share', align: 'right' }, { title: '' }],
    classes.map(({ label, probability }) => [
      label,
      formatPercent(probability),
      bar(probability, barWidth).replaceAll('░', ' '),
    ]),
  );

export const run: Command = {
  name: 'run',
  summary: 'Classify pictures',
  operands: ['<model>'],
  options: {
    image: { value: '<file>', help: 'a PNG or JPEG picture; may be repeated', multiple: true },
    top: { value: '<n>', help: 'classes to show (default 5)' },
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
    if (paths.length === 0) throw new UsageError('run needs --image <file>');
    const top = integerIn(given, 'top', 5);
    const fit = choiceIn(given, 'fit', ['crop', 'stretch']) ?? 'crop';
    const file = await readModel(given.positionals[0] ?? '', shapesIn(given));
    const graph = withMeanings(file.graph, given);
    const classifier = classifierOf(graph);
    const images = paths.map((path) => imageToTensor(readImage(path), classifier.input, { fit }));
    const model = await start(graph, given, signal);
    try {
      const results = [];
      for (const [i, image] of images.entries()) {
        const begin = performance.now();
        const outputs = await model.run({ [classifier.input.name]: image }, { signal });
        const ms = performance.now() - begin;
        const classes = topClasses(scoresOf(outputs, classifier), classifier.labels, top);
        results.push({ image: paths[i] ?? '', ms, classes });
      }
      if (given.switches.has('json')) {
        const { variant, threads } = model.explain();
        out.write(`${JSON.stringify({ model: graph.name, variant, threads: threads.used, results })}\n`);
        return;
      }
      for (const { image, ms, classes } of results) {
        out.write(`${image}  ${formatMs(ms)}, ${engineFacts(model)}\n\n${classTable(classes)}\n\n`);
      }
    } finally {
      model.close();
    }
  },
};
