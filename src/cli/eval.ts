import { pacer } from '../compress/pace.js';
import { type Dataset, greatest, imageToTensor, matchClasses, sampleIndices } from '../data/index.js';
import { openDataset } from '../data/node.js';
import type { Graph } from '../graph/graph.js';
import type { Model } from '../index.js';
import { drawActivity } from './activity/draw.js';
import { activityOptions, activityTarget, energyPairsIn, isSpiking, pairsFor } from './activity/pairs.js';
import { type Activity, activityOf, activityTables } from './activity/report.js';
import { type Tally, tallyOf } from './activity/tally.js';
import { type Classifier, classifierOf, scoresOf } from './classifier.js';
import { type Command, modelOperand } from './command.js';
import { engineFacts, engineIn, engineOptions, start } from './engine.js';
import type { Io } from './io.js';
import { meaningOptions, meaningsIn, withMeanings } from './meaning.js';
import { readModel } from './model-file.js';
import { choiceIn, integerIn, valueIn } from './parse.js';
import { progressLine } from './progress.js';
import { shapeOption, shapesIn } from './shapes.js';
import { percentile } from './statistics.js';
import { facts, table } from './table.js';
import { formatBytes, formatCount, formatMs, formatPercent } from './text.js';

interface ClassScore {
  readonly label: string;
  images: number;
  correct: number;
}

export interface Evaluation {
  readonly images: number;
  readonly top1: number;
  /** Share of pictures whose class is among the five likeliest; only for more than five classes. */
  readonly top5?: number;
  readonly classes: readonly ClassScore[];
  /** Mean accuracy of the classes and Cohen's kappa, where the pixels of a scene were classified. */
  readonly scene?: { readonly average: number; readonly kappa: number };
  /** Median and mean of a run, pictures decoded and normalised before. */
  readonly medianMs: number;
  readonly meanMs: number;
}

/** Runs a model over pictures and counts what it gets right, and its spikes. */
export async function evaluate(
  model: Model,
  classifier: Classifier,
  dataset: Dataset,
  indices: readonly number[],
  { err, signal }: Io,
  tally?: Tally,
): Promise<Evaluation> {
  const outputOf = matchClasses(dataset, classifier.labels, classifier.classes);
  const classes: ClassScore[] = dataset.classes.map((label) => ({ label, images: 0, correct: 0 }));
  const times: number[] = [];
  const progress = progressLine(err, 'evaluating', 'images');
  const pace = pacer(signal);
  let inTop5 = 0;
  try {
    for (const index of indices) {
      await pace();
      const { pixels, label } = await dataset.read(index);
      const image = imageToTensor(pixels, classifier.input);
      const begin = performance.now();
      const outputs = await model.run({ [classifier.input.name]: image });
      times.push(performance.now() - begin);
      tally?.add();
      const likeliest = greatest(scoresOf(outputs, classifier), 5);
      const score = classes[label];
      if (score) {
        score.images++;
        if (likeliest[0] === outputOf[label]) score.correct++;
      }
      if (likeliest.includes(outputOf[label] ?? -1)) inTop5++;
      progress.update(times.length, indices.length);
    }
  } finally {
    progress.finish();
  }
  const images = times.length;
  return {
    images,
    top1: classes.reduce((sum, { correct }) => sum + correct, 0) / images,
    ...(classifier.classes > 5 && { top5: inTop5 / images }),
    classes: classes.filter((score) => score.images > 0),
    medianMs: percentile(times, 50),
    meanMs: times.reduce((sum, ms) => sum + ms, 0) / images,
  };
}

const classTable = (classes: readonly ClassScore[]): string =>
  table(
    [{ title: 'class' }, { title: 'images', align: 'right' }, { title: 'correct', align: 'right' }],
    classes.map(({ label, images, correct }) => [
      label,
      formatCount(images),
      formatPercent(correct / images),
    ]),
  );

interface Report {
  readonly graph: Graph;
  readonly file: { readonly path: string; readonly bytes: number };
  readonly data: string;
  /** Pictures that there are. */
  readonly total: number;
  readonly result: Evaluation;
  readonly activity: Activity | undefined;
}

function asJson(model: Model, { graph, file, data, result, activity }: Report): string {
  const { variant, threads } = model.explain();
  const about = { model: graph.name, file: file.path, bytes: file.bytes, data, variant };
  return JSON.stringify({ ...about, threads: threads.used, ...result, ...(activity && { activity }) });
}

function asText(model: Model, { graph, file, data, total, result, activity }: Report): string {
  const top5 = result.top5 === undefined ? [] : [['top-5', formatPercent(result.top5, 2)] as const];
  const heading = facts([
    ['model', `${graph.name}  ${formatBytes(file.bytes)}`],
    ['data', `${data}  ${formatCount(result.images)} of ${formatCount(total)} images`],
    ['top-1', formatPercent(result.top1, 2)],
    ...top5,
    ['time', `${formatMs(result.medianMs)} an image (median), ${engineFacts(model)}`],
  ]);
  const spikes = activity ? [activityTables(activity)] : [];
  return [heading, classTable(result.classes), ...spikes].join('\n\n');
}

export const evalCommand: Command = {
  name: 'eval',
  summary: 'Measure accuracy on labelled pictures',
  operands: [modelOperand],
  options: {
    data: {
      value: '<path>',
      help: 'a folder or zip of class folders with PNG and JPEG files, or CIFAR-10/100 as published: the .tar.gz of the Python or binary version, or its folder',
      required: true,
    },
    split: { value: '<part>', help: 'of data that comes in two: test (default) or train' },
    limit: { value: '<n>', help: 'take this many pictures, drawn by --seed (default all)' },
    seed: { value: '<n>', help: 'for --limit (default 0)' },
    ...activityOptions,
    ...engineOptions,
    ...meaningOptions,
    ...shapeOption,
  },
  examples: [
    'spikelet eval model.spikelet --data test.zip',
    'spikelet eval model.spikelet --data cifar-10-binary.tar.gz --limit 1000 --json',
  ],
  async run(given, io) {
    const path = valueIn(given, 'data') ?? '';
    const split = choiceIn(given, 'split', ['test', 'train']) ?? 'test';
    const limit = integerIn(given, 'limit', Number.POSITIVE_INFINITY);
    const seed = integerIn(given, 'seed', 0, 0);
    const engine = engineIn(given);
    const asked = energyPairsIn(given);
    const shapes = shapesIn(given);
    const meanings = meaningsIn(given);
    const file = await readModel(given.positionals[0] ?? '', shapes);
    const graph = withMeanings(file.graph, meanings);
    const classifier = classifierOf(graph);
    const draw = activityTarget(given, graph);
    const pairs = pairsFor(asked, graph);
    const dataset = openDataset(path, split);
    try {
      const model = await start(graph, engine, io.signal);
      try {
        const indices = sampleIndices(dataset.length, limit, seed);
        const tally = isSpiking(graph) ? tallyOf(model) : undefined;
        const result = await evaluate(model, classifier, dataset, indices, io, tally);
        const activity = tally && activityOf(graph, tally, new Map(), pairs);
        if (draw !== undefined && tally) {
          const { pixels } = await dataset.read(indices[0] ?? 0);
          const inputs = { [classifier.input.name]: imageToTensor(pixels, classifier.input) };
          await drawActivity(draw, graph, inputs, tally.layers, io.signal);
        }
        const report = { graph, file, data: path, total: dataset.length, result, activity };
        io.out.write(`${given.switches.has('json') ? asJson(model, report) : asText(model, report)}\n`);
      } finally {
        model.close();
      }
    } finally {
      dataset.close();
    }
  },
};
