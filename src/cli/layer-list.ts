import type { Graph } from '../graph/graph.js';
import { byteSize, type Constant, elementCount } from '../graph/tensor.js';
import { inferTypes, nodeCost } from '../graph/types.js';
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
  /** Bytes of weights, scales and biases as stored. */
  readonly bytes: number;
  readonly macs: number;
}

const storedBits = (constant: Constant): number =>
  constant.quantization?.bits ?? (constant.storage === 'f16' ? 16 : 8 * byteSize[constant.dtype]);

/** Bytes that a constant takes in a model file. */
export function storedBytes(constant: Constant): number {
  const scales = 4 * (constant.quantization?.scales.length ?? 0);
  return Math.ceil((elementCount(constant.shape) * storedBits(constant)) / 8) + scales;
}

/** Facts about every node, in order. */
export function layersOf(graph: Graph): readonly LayerFacts[] {
  const types = inferTypes(graph);
  return graph.nodes.map((node) => {
    const constants = [...new Set(node.inputs)].flatMap((name) => graph.constants.get(name) ?? []);
    const type = types.get(node.outputs[0] ?? '');
    const weight = graph.constants.get(node.inputs[1] ?? '');
    const hasWeights = (node.op === 'conv' || node.op === 'linear') && weight !== undefined;
    return {
      name: node.name,
      op: node.op,
      outputShape: type?.shape ?? [],
      outputType: type?.dtype ?? '',
      ...(hasWeights && { weightBits: storedBits(weight), density: densityOf(weight) }),
      bytes: constants.reduce((sum, constant) => sum + storedBytes(constant), 0),
      macs: nodeCost(graph, types, node).macs,
    };
  });
}

function densityOf({ data }: Constant): number {
  let nonZero = 0;
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) nonZero++;
  return data.length === 0 ? 1 : nonZero / data.length;
}

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
      formatMacs(sum((layer) => layer.macs)),
    ],
  );
}
