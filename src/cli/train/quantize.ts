import { fold, quantize } from '../../compress/index.js';
import type { Graph } from '../../graph/graph.js';
import { readSamples } from '../calibration.js';
import type { Given, OptionSpec } from '../command.js';
import { type SchemeName, schemeNames, schemes } from '../convert.js';
import { engineExecutor } from '../engine.js';
import type { Io } from '../io.js';
import { choiceIn } from '../parse.js';
import { progressLine } from '../progress.js';
import type { MethodName } from './methods.js';

/** How a network that was trained in float becomes integers. */
export interface Quantization {
  readonly scheme: SchemeName;
  /** The data set, of which training images are taken. */
  readonly data: string;
  readonly given: Given;
}

const defaults: Readonly<Record<MethodName, SchemeName | 'none' | undefined>> = {
  float: 'none',
  dnr: 'int8',
  bmpq: undefined,
  qat: undefined,
  snn: undefined,
};

/** Options of a method about quantization after training; none where it happens in training. */
export const quantizationOptions = (method: MethodName): Readonly<Record<string, OptionSpec>> =>
  defaults[method] === undefined
    ? {}
    : {
        quantize: {
          value: '<scheme>',
          help: `quantize a network that was trained in float: int8, w2 to w7, or none (default ${defaults[method]})`,
        },
      };

/** What was asked for, or what a method does unasked. */
export function quantizationOf(method: MethodName, given: Given, data: string): Quantization | undefined {
  const asked = choiceIn(given, 'quantize', [...schemeNames, 'none']) ?? defaults[method] ?? 'none';
  return asked === 'none' ? undefined : { scheme: asked, data, given };
}

/** Whether all weights are floats. */
export const isFloat = ({ constants }: Graph): boolean =>
  [...constants.values()].every(({ quantization }) => quantization === undefined);

/** The network with integer weights and activations, by ranges from training images. */
export async function quantized(graph: Graph, { scheme, data, given }: Quantization, io: Io): Promise<Graph> {
  const samples = await readSamples(graph, data, given, io);
  const progress = progressLine(io.err, 'quantizing', 'runs');
  try {
    return await quantize(fold(graph), samples, {
      weightBits: schemes[scheme],
      executor: engineExecutor,
      signal: io.signal,
      onProgress: ({ done, total }) => progress.update(done, total),
    });
  } finally {
    progress.finish();
  }
}
