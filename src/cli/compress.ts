import {
  type Allocation,
  allocateBits,
  type Budget,
  fold,
  prune,
  type QuantizeOptions,
  quantize,
} from '../compress/index.js';
import { sampleIndices } from '../data/index.js';
import { openDataset } from '../data/node.js';
import { SpikeletError } from '../error.js';
import { pack, unpack } from '../format/spikelet.js';
import type { Graph } from '../graph/graph.js';
import type { Tensor } from '../graph/tensor.js';
import { load } from '../index.js';
import { readSamples, samplingIn } from './calibration.js';
import { classifierOf } from './classifier.js';
import { type Command, type Given, modelOperand } from './command.js';
import {
  type AllocationChoices,
  allocationChoices,
  budgetOf,
  checkDependents,
  compressOptions,
  pruneOptions,
} from './compress-options.js';
import { type Compressed, compressDocument, compressReport } from './compress-report.js';
import { engineExecutor } from './engine.js';
import { evaluate } from './eval.js';
import { writeWhole } from './files.js';
import type { Io } from './io.js';
import { meaningsIn, withMeanings } from './meaning.js';
import { readModel } from './model-file.js';
import { choiceIn, integerIn, valueIn } from './parse.js';
import { progressLine } from './progress.js';
import { withOrigin } from './quantization.js';
import { shapesIn } from './shapes.js';
import { targetOf } from './target.js';

type Samples = readonly Record<string, Tensor>[];

/** Labelled pictures, of which at most `limit` are taken. */
interface TestPictures {
  readonly path: string;
  readonly limit: number;
}

/** Everything that the options ask for; files of costs and labels are read last. */
function planIn(given: Given) {
  const path = valueIn(given, 'data');
  const limit = integerIn(given, 'limit', Number.POSITIVE_INFINITY);
  return {
    pruning: pruneOptions(given),
    choices: allocationChoices(given),
    rounding: choiceIn(given, 'rounding', ['nearest', 'compensated']),
    sampling: samplingIn(given),
    pictures: path === undefined ? undefined : { path, limit },
    shapes: shapesIn(given),
    meanings: meaningsIn(given),
    budget: budgetOf(given),
  };
}

async function allocate(
  graph: Graph,
  samples: Samples,
  budget: Budget,
  { probes, ...choices }: AllocationChoices,
  io: Io,
): Promise<Allocation> {
  const progress = progressLine(io.err, 'measuring layers', 'runs');
  try {
    return await allocateBits(graph, samples.slice(0, probes), {
      budget,
      ...choices,
      executor: engineExecutor,
      signal: io.signal,
      onProgress: ({ done, total }) => progress.update(done, total),
    });
  } finally {
    progress.finish();
  }
}

async function quantized(
  graph: Graph,
  samples: Samples,
  allocation: Allocation | undefined,
  rounding: QuantizeOptions['rounding'],
  { err, signal }: Io,
): Promise<Graph> {
  const progress = progressLine(err, 'quantizing', 'runs');
  try {
    return await quantize(graph, samples, {
      layerBits: allocation?.layerBits,
      rounding,
      executor: engineExecutor,
      signal,
      onProgress: ({ done, total }) => progress.update(done, total),
    });
  } finally {
    progress.finish();
  }
}

/** Share of labelled pictures that a model gets right, and their number. */
async function accuracyOf(
  graph: Graph,
  { path, limit }: TestPictures,
  io: Io,
): Promise<{ readonly images: number; readonly top1: number }> {
  const dataset = openDataset(path, 'test');
  try {
    const model = await load(graph, { signal: io.signal });
    try {
      const indices = sampleIndices(dataset.length, limit, 0);
      const { images, top1 } = await evaluate(model, classifierOf(graph), dataset, indices, io);
      return { images, top1 };
    } finally {
      model.close();
    }
  } finally {
    dataset.close();
  }
}

/** Accuracy of both models. */
async function compareAccuracy(
  before: Graph,
  after: Graph,
  pictures: TestPictures,
  io: Io,
): Promise<Compressed['accuracy']> {
  const { top1, images } = await accuracyOf(after, pictures, io);
  return { images, before: (await accuracyOf(before, pictures, io)).top1, after: top1 };
}

export const compress: Command = {
  name: 'compress',
  summary: 'Make a float model small without training: pruned, its bits allocated, quantized',
  operands: [modelOperand],
  options: compressOptions,
  examples: [
    'spikelet compress float.spikelet -o small.spikelet --calibrate train.zip --bits 3 --widths 2,3,4,6,8',
    'spikelet compress float.spikelet -o sparse.spikelet --calibrate train.zip --prune 0.8 --pattern grouped',
    'spikelet compress model.onnx -o fast.spikelet --calibrate photos/ --ms 5 --cost w4.json --cost w8.json',
  ],
  async run(given, io) {
    checkDependents(given);
    const { pruning, choices, rounding, sampling, pictures, shapes, meanings, budget } = planIn(given);
    const path = given.positionals[0] ?? '';
    const target = targetOf(given, path);
    const file = await readModel(path, shapes);
    const graph = fold(withMeanings(file.graph, meanings));
    checkFloat(graph, path);
    const pruned = pruning ? prune(graph, pruning) : graph;
    const samples = await readSamples(graph, valueIn(given, 'calibrate') ?? '', sampling, io);
    const allocation = budget && (await allocate(pruned, samples, budget, choices, io));
    const made = await quantized(pruned, samples, allocation, rounding, io);
    const bytes = pack(withOrigin(made, path));
    writeWhole(target, bytes, io.signal);
    const written = unpack(bytes);
    const result = {
      input: path,
      inputBytes: file.bytes,
      output: target,
      bytes: bytes.length,
      graph: written,
      allocation,
      accuracy: pictures && (await compareAccuracy(graph, written, pictures, io)),
    };
    const text = given.switches.has('json')
      ? JSON.stringify(compressDocument(result))
      : compressReport(result);
    io.out.write(`${text}\n`);
  },
};

function checkFloat(graph: Graph, path: string): void {
  const isQuantized = [...graph.constants.values()].some(({ quantization }) => quantization !== undefined);
  if (isQuantized) {
    throw new SpikeletError('unsupported', 'is quantized already: compress takes the float model', {
      where: path,
    });
  }
}
