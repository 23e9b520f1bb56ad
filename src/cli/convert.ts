import { fold } from '../compress/index.js';
import { pack, unpack } from '../format/spikelet.js';
import type { Graph } from '../graph/graph.js';
import type { Command, Operand } from './command.js';
import { writeWhole } from './files.js';
import { layersOf } from './layer-list.js';
import { meaningOptions, meaningsIn, withMeanings } from './meaning.js';
import { readModel } from './model-file.js';
import { nirOptions, nirOptionsIn } from './nir-options.js';
import { pairsIn } from './parse.js';
import { quantizationIn, quantized, quantizeOptions, withOrigin } from './quantization.js';
import { shapeOption, shapesIn } from './shapes.js';
import { facts } from './table.js';
import { targetOf } from './target.js';
import { formatBytes } from './text.js';

const operand: Operand = { name: '<model>', help: 'a .spikelet, .onnx or .nir file' };

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
  operands: [operand],
  options: {
    output: { short: 'o', value: '<file>', help: 'where to write (default: the model with .spikelet)' },
    ...quantizeOptions,
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
    const path = given.positionals[0] ?? '';
    const quantization = quantizationIn(given);
    const said = Object.fromEntries(pairsIn(given, 'provenance', /\n/, 'first'));
    const [shapes, nir] = [shapesIn(given), nirOptionsIn(given)];
    const meanings = meaningsIn(given);
    const target = targetOf(given, path);
    const file = await readModel(path, shapes, nir);
    const graph = fold(withMeanings(file.graph, meanings));
    const made = quantization ? withOrigin(await quantized(graph, quantization, io), path) : graph;
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
