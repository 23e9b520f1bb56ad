import { modelIdentity } from '../devices/trust.js';
import type { GraphInput, Meaning } from '../graph/graph.js';
import { formatShape } from '../graph/tensor.js';
import { inferTypes } from '../graph/types.js';
import { type Command, modelOperand } from './command.js';
import { definitions, describeCompression } from './compression.js';
import { layersOf, layerTable, modelCompression } from './layer-list.js';
import { type ModelFile, readModel } from './model-file.js';
import { shapeOption, shapesIn } from './shapes.js';
import { facts } from './table.js';
import { formatBytes } from './text.js';

const shortNumbers = (numbers: readonly number[]): string =>
  numbers.map((x) => Number(x.toPrecision(4))).join(' ');

function describeMeaning(meaning: Meaning | undefined): string {
  switch (meaning?.kind) {
    case 'image':
      return `${meaning.channels} image, mean ${shortNumbers(meaning.mean)}, std ${shortNumbers(meaning.std)}`;
    case 'classes':
      return `${meaning.labels.length} classes: ${meaning.labels.slice(0, 10).join(', ')}${meaning.labels.length > 10 ? ', …' : ''}`;
    default:
      return '';
  }
}

const describePort = (type: GraphInput['type'] | undefined, meaning: Meaning | undefined): string =>
  [`${type?.dtype ?? ''}${formatShape(type?.shape ?? [])}`, describeMeaning(meaning)]
    .filter(Boolean)
    .join('  ');

function heading({ graph, path, kind, bytes }: ModelFile, identity: string | undefined): string {
  const types = inferTypes(graph);
  return facts([
    ['model', graph.name],
    ['file', `${path}  ${formatBytes(bytes)}${kind === 'onnx' ? '  (ONNX)' : ''}`],
    ...(identity === undefined ? [] : [['identity', identity] as const]),
    ...graph.inputs.map(
      ({ name, type, meaning }) => ['input', `${name}  ${describePort(type, meaning)}`] as const,
    ),
    ...graph.outputs.map(
      ({ name, meaning }) => ['output', `${name}  ${describePort(types.get(name), meaning)}`] as const,
    ),
    ...Object.entries(graph.provenance ?? {}).flatMap(([field, text]) =>
      text === undefined ? [] : [[field, text] as const],
    ),
  ]);
}

export const inspect: Command = {
  name: 'inspect',
  summary: 'Show what a model is, layer by layer, or what of it is not supported',
  operands: [modelOperand],
  options: { ...shapeOption },
  examples: [
    'spikelet inspect model.spikelet',
    'spikelet inspect model.onnx --shape input=1,3,224,224 --json',
  ],
  async run(given, { out }) {
    const file = await readModel(given.positionals[0] ?? '', shapesIn(given));
    const layers = layersOf(file.graph);
    const compression = modelCompression(file.graph, file.bytes);
    const identity = file.kind === 'spikelet' ? await modelIdentity(file.graph) : undefined;
    if (!given.switches.has('json')) {
      out.write(
        `${heading(file, identity)}\n\n${layerTable(layers)}\n\n${describeCompression(compression)}\n`,
      );
      return;
    }
    const { graph, path, kind, bytes } = file;
    const types = inferTypes(graph);
    const outputs = graph.outputs.map((output) => ({ ...output, type: types.get(output.name) }));
    const { name, inputs, provenance = {} } = graph;
    const sizes = { kind, bytes, compression, definitions };
    const document = { name, file: path, identity, ...sizes, inputs, outputs, provenance, layers };
    out.write(`${JSON.stringify(document)}\n`);
  },
};
