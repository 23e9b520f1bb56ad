import { type Calibration, fold, type QuantizeOptions, quantize } from '../compress/index.js';
import { reasonOf, SpikeletError } from '../error.js';
import { pack, unpack } from '../format/spikelet.js';
import type { Graph } from '../graph/graph.js';
import { calibrationOptions, readSamples } from './calibration.js';
import { type Command, type Given, modelOperand } from './command.js';
import { engineExecutor } from './engine.js';
import { writeWhole } from './files.js';
import { type Io, UsageError } from './io.js';
import { layersOf } from './layer-list.js';
import { meaningOptions, withMeanings } from './meaning.js';
import { readModel } from './model-file.js';
import { nirOptions, nirOptionsIn } from './nir-options.js';
import { choiceIn, pairsIn, toBits, valueIn } from './parse.js';
import { progressLine } from './progress.js';
import { shapeOption, shapesIn } from './shapes.js';
import { facts } from './table.js';
import { targetOf } from './target.js';
import { formatBytes } from './text.js';

/** Bits of a weight by the name that `--quantize` gives them. */
export const schemes = { int8: 8, w8: 8, w7: 7, w6: 6, w5: 5, w4: 4, w3: 3, w2: 2 } as const;
export type SchemeName = keyof typeof schemes;
export const schemeNames = Object.keys(schemes) as SchemeName[];

function quantizeOptions(given: Given): QuantizeOptions {
  const scheme = choiceIn(given, 'quantize', schemeNames) ?? 'int8';
  const percentile = valueIn(given, 'percentile');
  const edgeBits = valueIn(given, 'edge-bits');
  const layers = pairsIn(given, 'bits', /,/).map(([name, text]) => [name, toBits(text, 'bits')] as const);
  return {
    weightBits: schemes[scheme],
    calibration: choiceIn<Calibration>(given, 'method', ['minmax', 'percentile', 'mse']),
    percentile: percentile === undefined ? undefined : Number(percentile),
    rounding: choiceIn(given, 'rounding', ['nearest', 'compensated']),
    edgeBits: edgeBits === undefined ? undefined : toBits(edgeBits, 'edge-bits'),
    layerBits: Object.fromEntries(layers),
    executor: engineExecutor,
  };
}

async function quantized(graph: Graph, given: Given, io: Io): Promise<Graph> {
  const { err, signal } = io;
  const path = valueIn(given, 'calibrate') ?? '';
  const options = quantizeOptions(given);
  const samples = await readSamples(graph, path, given, io);
  const progress = progressLine(err, 'quantizing', 'runs');
  try {
    return await quantize(graph, samples, {
      ...options,
      signal,
      onProgress: ({ done, total }) => progress.update(done, total),
    });
  } catch (error) {
    throw error instanceof SpikeletError ? inOwnWords(error) : error;
  } finally {
    progress.finish();
  }
}

/** An error about an option of `quantize` as one about the option that it comes from. */
function inOwnWords(error: SpikeletError): Error {
  const { code, where = '' } = error;
  const [option = '', ...rest] = where.split(' ');
  const own = { layerBits: 'bits', percentile: 'percentile' }[option];
  if (code !== 'invalid-option' || own === undefined) return error;
  return new UsageError(`${[`--${own}`, ...rest].join(' ')}: ${reasonOf(error)}`);
}

const dependents = ['calibrate', 'samples', 'method', 'percentile', 'rounding', 'bits', 'edge-bits'];

function checkOptions(given: Given): void {
  const idle = dependents.find((name) => given.values.has(name));
  if (!given.values.has('quantize') && idle !== undefined) {
    throw new UsageError(`--${idle} does nothing without --quantize`);
  }
  if (given.values.has('quantize') && !given.values.has('calibrate')) {
    throw new UsageError('--quantize needs --calibrate <path> with typical pictures');
  }
}

function bitsInWords(graph: Graph): string {
  const counts = new Map<number, number>();
  for (const { weightBits } of layersOf(graph)) {
    if (weightBits !== undefined) counts.set(weightBits, (counts.get(weightBits) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => b - a)
    .map(([bits, count]) => `${count} ${count === 1 ? 'layer' : 'layers'} of ${bits} bits`)
    .join(', ');
}

export const convert: Command = {
  name: 'convert',
  summary: 'Turn a model into a .spikelet file: folded and, if asked for, quantized',
  operands: [modelOperand],
  options: {
    output: { short: 'o', value: '<file>', help: 'where to write (default: the model with .spikelet)' },
    quantize: {
      value: '<scheme>',
      help: 'int8, or w2 to w7 for weights of fewer bits with 8-bit activations (first and last layers keep 8)',
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
    provenance: {
      value: '<field=text>',
      help: 'say where the model comes from: accuracy, data, method or any other field; may be repeated',
      multiple: true,
    },
    half: { help: 'store float weights in 16 bits' },
    ...meaningOptions,
    ...shapeOption,
    ...nirOptions,
  },
  examples: [
    'spikelet convert model.onnx -o model.spikelet --half',
    'spikelet convert model.onnx -o small.spikelet --quantize int8 --calibrate photos/',
    'spikelet convert float.spikelet -o w4.spikelet --quantize w4 --calibrate cifar-10-binary.tar.gz',
    'spikelet convert braille.nir -o braille.spikelet --time-step 1e-4 --steps 256',
  ],
  async run(given, io) {
    checkOptions(given);
    const path = given.positionals[0] ?? '';
    const target = targetOf(given, path);
    const file = await readModel(path, shapesIn(given), nirOptionsIn(given));
    const graph = fold(withMeanings(file.graph, given));
    const said = Object.fromEntries(pairsIn(given, 'provenance', /\n/, 'first'));
    const made = given.values.has('quantize') ? await quantized(graph, given, io) : graph;
    const result = { ...made, provenance: { ...made.provenance, ...said } };
    const bytes = pack(result, given.switches.has('half') ? { floatStorage: 'f16' } : {});
    writeWhole(target, bytes, io.signal);
    const written = unpack(bytes);
    const layers = layersOf(written);
    if (given.switches.has('json')) {
      const sizes = { inputBytes: file.bytes, bytes: bytes.length };
      const { provenance = {} } = result;
      io.out.write(`${JSON.stringify({ input: path, output: target, ...sizes, provenance, layers })}\n`);
      return;
    }
    const ratio = file.bytes / bytes.length;
    const smaller = ratio >= 1.05 ? `  (${ratio.toFixed(1)} times smaller)` : '';
    io.out.write(
      `${facts([
        ['read', `${path}  ${formatBytes(file.bytes)}`],
        ['weights', bitsInWords(written)],
        ['wrote', `${target}  ${formatBytes(bytes.length)}${smaller}`],
      ])}\n`,
    );
  },
};
