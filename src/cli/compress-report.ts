import type { Allocation } from '../compress/index.js';
import type { Graph } from '../graph/graph.js';
import { type Compression, definitions, describeCompression } from './compression.js';
import { type LayerFacts, layersOf, modelCompression } from './layer-list.js';
import { facts, table } from './table.js';
import { formatBytes, formatCount, formatPercent } from './text.js';

/** What was made of what. */
export interface Compressed {
  readonly input: string;
  readonly inputBytes: number;
  readonly output: string;
  readonly bytes: number;
  /** As it was written. */
  readonly graph: Graph;
  readonly allocation?: Allocation | undefined;
  /** Share of pictures that the model got right before and gets right now. */
  readonly accuracy?:
    | { readonly images: number; readonly before: number; readonly after: number }
    | undefined;
}

interface DecidedLayer extends LayerFacts {
  readonly errors?: Readonly<Record<number, number>>;
}

/** Layers with weights, with the errors that their widths were chosen by. */
function decidedLayers(graph: Graph, allocation: Allocation | undefined): readonly DecidedLayer[] {
  return layersOf(graph)
    .filter(({ weightBits }) => weightBits !== undefined)
    .map((layer) => {
      const errors = allocation?.layers.find(({ name }) => name === layer.name)?.errors;
      return { ...layer, ...(errors && { errors }) };
    });
}

function decisionTable(layers: readonly DecidedLayer[]): string {
  const widths = [...new Set(layers.flatMap(({ errors }) => Object.keys(errors ?? {})))].sort();
  const share = (error: number | undefined): string =>
    error === undefined ? '' : error < 0.0001 ? '< 0.01 %' : formatPercent(error, 2);
  return table(
    [
      { title: 'layer' },
      { title: 'parameters', align: 'right' },
      { title: 'density', align: 'right' },
      { title: 'bits', align: 'right' },
      { title: 'bytes', align: 'right' },
      ...widths.map((bits) => ({ title: `error at ${bits}`, align: 'right' }) as const),
    ],
    layers.map(({ name, parameters, density = 1, weightBits, bytes, errors }) => [
      name,
      formatCount(parameters),
      formatPercent(density, 1),
      String(weightBits),
      formatBytes(bytes),
      ...widths.map((bits) => share(errors?.[Number(bits)])),
    ]),
  );
}

/** The report for programs. */
export function compressDocument(result: Compressed): object {
  const { input, inputBytes, output, bytes, graph, allocation, accuracy } = result;
  const compression: Compression = modelCompression(graph, bytes);
  const layers = decidedLayers(graph, allocation);
  const decided = allocation && { budget: allocation.budget, cost: allocation.cost };
  const { provenance = {} } = graph;
  const sizes = { inputBytes, bytes, compression, definitions };
  return { input, output, ...sizes, allocation: decided, accuracy, provenance, layers };
}

/** The report for people. */
export function compressReport(result: Compressed): string {
  const { input, inputBytes, output, bytes, graph, allocation, accuracy } = result;
  const { pruning, quantization } = graph.provenance ?? {};
  const told = (name: string, text: string | undefined) =>
    text === undefined ? [] : [[name, text] as const];
  const shown =
    accuracy &&
    `${formatPercent(accuracy.after, 2)} of ${formatCount(accuracy.images)} images, ${formatPercent(accuracy.before, 2)} before`;
  const heading = facts([
    ['read', `${input}  ${formatBytes(inputBytes)}`],
    ...told('pruning', pruning),
    ...told('quantization', quantization),
    ['wrote', `${output}  ${formatBytes(bytes)}`],
    ...told('top-1', shown),
  ]);
  const layers = decisionTable(decidedLayers(graph, allocation));
  return `${heading}\n\n${layers}\n\n${describeCompression(modelCompression(graph, bytes))}`;
}
