import { join } from 'node:path';
import { fold } from '../../compress/index.js';
import { pack, unpack } from '../../format/spikelet.js';
import type { Graph, Provenance } from '../../graph/graph.js';
import type { Evaluation } from '../eval.js';
import { writeWhole } from '../files.js';
import type { Io } from '../io.js';
import { type Quantization, quantized } from '../quantization.js';
import { formatCount, formatPercent } from '../text.js';
import { version } from '../version.js';
import { exported } from './export.js';
import { isFloat } from './quantize.js';
import type { TestData } from './test-data.js';
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
  /** What was evaluated on. */
  readonly unit: TestData['unit'];
}

/** Where a model comes from once its accuracy was measured here; `before` is that of the network in PyTorch. */
function provenanceOf(
  { provenance = {} }: Graph,
  { top1, images }: Evaluation,
  unit: TestData['unit'],
  before: string | undefined,
): Provenance {
  const { command, floatCommand, tool, ...others } = provenance;
  const own = (line: string): string => line.replace(/^python3 -m spikelet_train/, 'spikelet train');
  const name = `spikelet ${version()}`;
  return {
    ...others,
    accuracy: `${formatPercent(top1, 2)} of ${formatCount(images)} test ${unit}, in ${name}`,
    ...(before !== undefined && { accuracyInTraining: before }),
    ...(command !== undefined && { command: own(command) }),
    ...(floatCommand !== undefined && { floatCommand: own(floatCommand) }),
    tool: tool === undefined ? name : `${tool}, ${name}`,
  };
}

/** What the model of a training is made and measured with. */
export interface FinishOptions {
  /** Folder of the training. */
  readonly out: string;
  readonly testData: TestData;
  /** How the weights of a float network become integers, if they do. */
  readonly quantization: Quantization | undefined;
}

/**
 * Makes the model of a training's checkpoint: exported, quantized where that was not done in training, evaluated by the
 * engine, and packed as small as it goes.
 */
export async function finish(
  { out, testData, quantization }: FinishOptions,
  tools: Tools,
  io: Io,
): Promise<Finished> {
  const { unit } = testData;
  const file = await exported(out, testData.size, tools, io);
  const trained = unpack(file);
  const isQuantized = quantization !== undefined && isFloat(trained);
  if (isQuantized) writeWhole(join(out, 'float.spikelet'), pack(trained), io.signal);
  const graph = isQuantized ? await quantized(fold(trained), quantization, io) : trained;
  const evaluation = await testData.measure(graph, io);
  const provenance = provenanceOf(graph, evaluation, unit, trained.provenance?.accuracy);
  const bytes = pack({ ...graph, provenance });
  const path = join(out, 'model.spikelet');
  writeWhole(path, bytes, io.signal);
  return { path, graph: unpack(bytes), bytes: bytes.length, exportedBytes: file.length, evaluation, unit };
}
