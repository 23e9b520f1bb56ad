import { basename } from 'node:path';
import { type Calibration, type QuantizeOptions, quantize } from '../compress/index.js';
import { checkOptions } from '../compress/quantize/options.js';
import { reasonOf, SpikeletError } from '../error.js';
import type { Graph } from '../graph/graph.js';
import { calibrationOptions, readSamples, type Sampling, samplingIn } from './calibration.js';
import type { Given, OptionSpec } from './command.js';
import { engineExecutor } from './engine.js';
import { type Io, UsageError } from './io.js';
import { choiceIn, pairsIn, toBits, valueIn } from './parse.js';
import { progressLine } from './progress.js';
import { version } from './version.js';

/** Bits of a weight by the name that `--quantize` gives them. */
export const schemes = { int8: 8, w8: 8, w7: 7, w6: 6, w5: 5, w4: 4, w3: 3, w2: 2 } as const;
export type SchemeName = keyof typeof schemes;
export const schemeNames = Object.keys(schemes) as SchemeName[];

export const quantizeOptions: Readonly<Record<string, OptionSpec>> = {
  quantize: {
    value: '<scheme>',
    help: 'int8 (also called w8), or w2 to w7 for weights of fewer bits with 8-bit activations (first and last layers keep 8)',
  },
  ...calibrationOptions,
  method: { value: '<name>', help: 'ranges of activations: mse (default), minmax or percentile' },
  percentile: { value: '<p>', help: 'for the method percentile (default 99.99)' },
  rounding: {
    value: '<name>',
    help: 'of weights: nearest (default at 8 bits) or compensated (default below)',
  },
  bits: { value: '<layer=4,...>', help: 'bits of single layers, by name', multiple: true },
  'edge-bits': { value: '<n>', help: 'least bits of the first and last layers (default 8)' },
};

/** What is asked of a quantization after training. */
export interface Quantization {
  /** Typical pictures. */
  readonly path: string;
  readonly sampling: Sampling;
  readonly options: QuantizeOptions;
}

/** How to quantize, if at all. Throws {@link UsageError}; reads no file. */
export function quantizationIn(given: Given): Quantization | undefined {
  const scheme = choiceIn(given, 'quantize', schemeNames);
  const options = optionsIn(given, scheme ?? 'int8');
  const sampling = samplingIn(given);
  if (scheme === undefined) {
    const idle = Object.keys(quantizeOptions).find((name) => given.values.has(name));
    if (idle !== undefined) throw new UsageError(`--${idle} does nothing without --quantize`);
    return undefined;
  }
  const path = valueIn(given, 'calibrate');
  if (path === undefined) throw new UsageError('--quantize needs --calibrate <path> with typical pictures');
  return { path, sampling, options };
}

function optionsIn(given: Given, scheme: SchemeName): QuantizeOptions {
  const percentile = valueIn(given, 'percentile');
  const edgeBits = valueIn(given, 'edge-bits');
  const layers = pairsIn(given, 'bits', /,/).map(([name, text]) => [name, toBits(text, 'bits')] as const);
  const options: QuantizeOptions = {
    weightBits: schemes[scheme],
    calibration: choiceIn<Calibration>(given, 'method', ['minmax', 'percentile', 'mse']),
    percentile: percentile === undefined ? undefined : Number(percentile),
    rounding: choiceIn(given, 'rounding', ['nearest', 'compensated']),
    edgeBits: edgeBits === undefined ? undefined : toBits(edgeBits, 'edge-bits'),
    layerBits: Object.fromEntries(layers),
    executor: engineExecutor,
  };
  inOwnWords(() => checkOptions(options));
  return options;
}

/** The graph with integer weights and activations, by ranges from pictures. */
export async function quantized(
  graph: Graph,
  { path, sampling, options }: Quantization,
  io: Io,
): Promise<Graph> {
  const samples = await readSamples(graph, path, sampling, io);
  const progress = progressLine(io.err, 'quantizing', 'runs');
  try {
    return await quantize(graph, samples, {
      ...options,
      signal: io.signal,
      onProgress: ({ done, total }) => progress.update(done, total),
    });
  } catch (error) {
    return inOwnWords(() => {
      throw error;
    });
  } finally {
    progress.finish();
  }
}

/** What work returns; an error about an option of `quantize` becomes one about the option that it comes from. */
function inOwnWords<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SpikeletError)) throw error;
    const [option = '', ...rest] = (error.where ?? '').split(' ');
    const own = { layerBits: 'bits', percentile: 'percentile' }[option];
    if (error.code !== 'invalid-option' || own === undefined) throw error;
    throw new UsageError(`${[`--${own}`, ...rest].join(' ')}: ${reasonOf(error)}`);
  }
}

/** A quantized graph that says which file it was made of, and with what. */
export function withOrigin(graph: Graph, path: string): Graph {
  const { tool, ...rest } = graph.provenance ?? {};
  const own = `spikelet ${version()}`;
  const provenance = {
    ...rest,
    quantizedFrom: basename(path),
    tool: tool === undefined ? own : `${tool}, ${own}`,
  };
  return { ...graph, provenance };
}
