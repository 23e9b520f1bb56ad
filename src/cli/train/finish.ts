import { join } from 'node:path';
import { type Dataset, sampleIndices } from '../../data/index.js';
import { pack, unpack } from '../../format/spikelet.js';
import type { Graph, Provenance } from '../../graph/graph.js';
import { load } from '../../index.js';
import { classifierOf } from '../classifier.js';
import { type Evaluation, evaluate } from '../eval.js';
import { writeWhole } from '../files.js';
import type { Io } from '../io.js';
import { formatCount, formatPercent } from '../text.js';
import { version } from '../version.js';
import { exported } from './export.js';
import { isFloat, type Quantization, quantized } from './quantize.js';
import type { Tools } from './tools.js';

/** The finished model. */
export interface Finished {
  readonly path: string;
  /** As it was written. */
  readonly graph: Graph;
  /** Bytes of the file, and of the one that the training tools wrote. */
  readonly bytes: number;
  readonly exportedBytes: number;
  readonly evaluation: Evaluation;
}

/** Where a model comes from once its accuracy was measured here; `before` is that of the network in PyTorch. */
function provenanceOf(
  { provenance = {} }: Graph,
  { top1, images }: Evaluation,
  before: string | undefined,
): Provenance {
  const { command, tool, ...others } = provenance;
  const name = `spikelet ${version()}`;
  return {
    ...others,
    accuracy: `${formatPercent(top1, 2)} of ${formatCount(images)} test images, in ${name}`,
    ...(before !== undefined && { accuracyInTraining: before }),
    ...(command !== undefined && {
      command: command.replace(/^python3 -m spikelet_train/, 'spikelet train'),
    }),
    tool: tool === undefined ? name : `${tool}, ${name}`,
  };
}

/** What the model of a training is made and measured with. */
export interface FinishOptions {
  /** Folder of the training. */
  readonly out: string;
  /** Test images, of which at most `limit` are taken. */
  readonly dataset: Dataset;
  readonly limit: number;
  /** How the weights of a float network become integers, if they do. */
  readonly quantization: Quantization | undefined;
}

/**
 * Makes the model of a training's checkpoint: exported, quantized where that was not done in training, evaluated by the
 * engine, and packed as small as it goes.
 */
export async function finish(
  { out, dataset, limit, quantization }: FinishOptions,
  tools: Tools,
  io: Io,
): Promise<Finished> {
  const { pixels } = await dataset.read(0);
  const file = await exported(out, pixels.width, tools, io);
  const trained = unpack(file);
  const isQuantized = quantization !== undefined && isFloat(trained);
  if (isQuantized) writeWhole(join(out, 'float.spikelet'), pack(trained), io.signal);
  const graph = isQuantized ? await quantized(trained, quantization, io) : trained;
  const evaluation = await evaluateGraph(graph, dataset, limit, io);
  const bytes = pack({ ...graph, provenance: provenanceOf(graph, evaluation, trained.provenance?.accuracy) });
  const path = join(out, 'model.spikelet');
  writeWhole(path, bytes, io.signal);
  return { path, graph: unpack(bytes), bytes: bytes.length, exportedBytes: file.length, evaluation };
}

async function evaluateGraph(graph: Graph, dataset: Dataset, limit: number, io: Io): Promise<Evaluation> {
  const model = await load(graph, { signal: io.signal });
  try {
    const indices = sampleIndices(dataset.length, limit, 0);
    return await evaluate(model, classifierOf(graph), dataset, indices, io);
  } finally {
    model.close();
  }
}
