import { pacer } from '../compress/pace.js';
import { imageToTensor, type Split, sampleIndices } from '../data/index.js';
import { openDataset } from '../data/node.js';
import type { Graph } from '../graph/graph.js';
import type { Tensor } from '../graph/tensor.js';
import { classifierOf } from './classifier.js';
import type { Given, OptionSpec } from './command.js';
import type { Io } from './io.js';
import { choiceIn, integerIn } from './parse.js';
import { progressLine } from './progress.js';

/** Options of commands that learn from pictures. */
export const calibrationOptions: Readonly<Record<string, OptionSpec>> = {
  calibrate: {
    value: '<path>',
    help: 'pictures to learn ranges from: a folder or zip of class folders, or CIFAR-10/100 as published',
  },
  samples: { value: '<n>', help: 'pictures to take (default 512)' },
  split: { value: '<part>', help: 'of pictures that come in two: train (default) or test' },
  seed: { value: '<n>', help: 'which pictures (default 0)' },
};

/** Which pictures of a data set to take. */
export interface Sampling {
  readonly count: number;
  readonly seed: number;
  readonly split: Split;
}

export const samplingIn = (given: Given): Sampling => ({
  count: integerIn(given, 'samples', 512),
  seed: integerIn(given, 'seed', 0, 0),
  split: choiceIn(given, 'split', ['train', 'test']) ?? 'train',
});

/** Pictures of a data set as inputs of a graph. */
export async function readSamples(
  graph: Graph,
  path: string,
  { count, seed, split }: Sampling,
  { err, signal }: Io,
): Promise<readonly Record<string, Tensor>[]> {
  const { input } = classifierOf(graph);
  const dataset = openDataset(path, split);
  const progress = progressLine(err, 'reading', 'images');
  const pace = pacer(signal);
  try {
    const samples: Record<string, Tensor>[] = [];
    const indices = sampleIndices(dataset.length, count, seed);
    for (const index of indices) {
      await pace();
      const { pixels } = await dataset.read(index);
      samples.push({ [input.name]: imageToTensor(pixels, input) });
      progress.update(samples.length, indices.length);
    }
    return samples;
  } finally {
    progress.finish();
    dataset.close();
  }
}
