import { chooseEncoding } from '../format/weight-encoding.js';
import type { Graph } from '../graph/graph.js';
import type { Node } from '../graph/ops/table.js';
import { byteSize, type Constant, elementCount } from '../graph/tensor.js';
import { inferTypes, nodeCost } from '../graph/types.js';
import { type Compression, compressionOf, formatRatio } from './compression.js';
import { table } from './table.js';
import { formatBytes, formatDims, formatMacs, formatPercent } from './text.js';

/** A node of a graph for people and for JSON. */
export interface LayerFacts {
  readonly name: string;
  readonly op: string;
  readonly outputShape: readonly number[];
  readonly outputType: string;
  /** Bits of a weight as stored; none without weights. */
  readonly weightBits?: number;
  /** Fraction of weights that are not zero. */
  readonly density?: number;
  /** Weights and biases. */
  readonly parameters: number;
  /** Bytes of weights, scales and biases as stored. */
  readonly bytes: number;
  /** None without weights. */
  readonly compression?: Compression;
  readonly macs: number;
}

const storedBits = (constant: Constant): number =>
  constant.quantization?.bits ?? (constant.storage === 'f16' ? 16 : 8 * byteSize[constant.dtype]);

/** Bytes that a constant takes in a model file. */
export function storedBytes(constant: Constant): number {
  const { data, quantization, shape } = constant;
  if (data instanceof Int8Array && quantization) {
    return chooseEncoding(data, quantization.bits).bytes + quantization.scales.byteLength;
  }
  return (elementCount(shape) * storedBits(constant)) / 8;
}

/** Facts about every node, in order. */
export function layersOf(graph: Graph): readonly LayerFacts[] {
  const types = inferTypes(graph);
  return graph.nodes.map((node) => {
    const constants = [...new Set(node.inputs)].flatMap((name) => graph.constants.get(name) ?? []);
    const type = types.get(node.outputs[0] ?? '');
    const bytes = constants.reduce((sum, constant) => sum + storedBytes(constant), 0);
    return {
      name: node.name,
      op: node.op,
      outputShape: type?.shape ?? [],
      outputType: type?.dtype ?? '',
      ...weightFacts(weightOf(graph, node), parametersOf(constants), bytes),
      parameters: parametersOf(constants),
      bytes,
      macs: nodeCost(graph, types, node).macs,
    };
  });
}

/** The weights of a convolution or linear layer. */
const weightOf = (graph: Graph, { op, inputs }: Node): Constant | undefined =>
  op === 'conv' || op === 'linear' ? graph.constants.get(inputs[1] ?? '') : undefined;

const parametersOf = (constants: readonly Constant[]): number =>
  constants.reduce((sum, { shape }) => sum + elementCount(shape), 0);

function weightFacts(weight: Constant | undefined, parameters: number, bytes: number): Partial<LayerFacts> {
  if (!weight) return {};
  const compression = compressionOf({ ...sizesOf(weight), parameters, bytes });
  return { weightBits: storedBits(weight), density: densityOf(weight), compression };
}

const sizesOf = (weight: Constant) => ({
  weights: weight.data.length,
  nonZeros: countNonZeros(weight),
  weightBits: weight.data.length * storedBits(weight),
});

/** Compression of a whole model whose file, or what stands for it, has so many bytes. */
export function modelCompression(graph: Graph, bytes: number): Compression {
  const names = new Set(graph.nodes.flatMap((node) => (weightOf(graph, node) ? [node.inputs[1] ?? ''] : [])));
  const sizes = [...names].flatMap((name) => graph.constants.get(name) ?? []).map(sizesOf);
  const sum = (pick: (size: (typeof sizes)[number]) => number): number =>
    sizes.reduce((total, size) => total + pick(size), 0);
  return compressionOf({
    weights: sum((size) => size.weights),
    nonZeros: sum((size) => size.nonZeros),
    weightBits: sum((size) => size.weightBits),
    parameters: parametersOf([...graph.constants.values()]),
    bytes,
  });
}

function countNonZeros({ data }: Constant): number {
  let nonZeros = 0;
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) nonZeros++;
  return nonZeros;
}

const densityOf = (constant: Constant): number =>
  constant.data.length === 0 ? 1 : countNonZeros(constant) / constant.data.length;

/** All layers as an aligned table. */
export function layerTable(layers: readonly LayerFacts[]): string {
  const sum = (pick: (layer: LayerFacts) => number): number =>
    layers.reduce((total, l) => total + pick(l), 0);
  return table(
    [
      { title: 'layer' },
      { title: 'operation' },
      { title: 'output' },
      { title: 'type' },
      { title: 'bits', align: 'right' },
      { title: 'density', align: 'right' },
      { title: 'bytes', align: 'right' },
      { title: '/bits', align: 'right' },
      { title: '/bytes', align: 'right' },
      { title: '/zeros', align: 'right' },
      { title: 'MACs', align: 'right' },
    ],
    layers.map((layer) => [
      layer.name,
      layer.op,
      formatDims(layer.outputShape),
      layer.outputType,
      layer.weightBits === undefined ? '' : String(layer.weightBits),
      layer.density === undefined ? '' : formatPercent(layer.density, 0),
      layer.bytes === 0 ? '' : formatBytes(layer.bytes),
      formatRatio(layer.compression?.byBits),
      formatRatio(layer.compression?.byBytes),
      formatRatio(layer.compression?.byZeros),
      formatMacs(layer.macs),
    ]),
    [
      `${layers.length} layers`,
      '',
      '',
      '',
      '',
      '',
      formatBytes(sum((layer) => layer.bytes)),
      '',
      '',
      '',
      formatMacs(sum((layer) => layer.macs)),
    ],
  );
}
