import type { Graph } from '../../graph/graph.js';
import type { ConvNode } from '../../graph/ops/conv.js';
import type { Node } from '../../graph/ops/table.js';
import { type Constant, elementCount } from '../../graph/tensor.js';
import { consumersOf, isOutput } from '../edits.js';
import { clipBounds } from '../quantize/scheme.js';

type Constants = ReadonlyMap<string, Constant>;
type Consumers = ReadonlyMap<string, readonly Node[]>;

/** Operations that work on each channel alone and make zero of zero. */
const keepsZero: ReadonlySet<Node['op']> = new Set([
  'relu',
  'leakyRelu',
  'abs',
  'tanh',
  'silu',
  'gelu',
  'hardSwish',
  'maxPool',
  'averagePool',
  'globalAveragePool',
]);

/** Whether the output channels of a convolution could be taken out of the network. */
export function hasRemovableChannels(graph: Graph, node: Node): boolean {
  const consumers = consumersOf(graph);
  const { constants } = graph;
  return (
    node.op === 'conv' &&
    ownsWeights(node, constants, consumers) &&
    readersOf(graph, node.outputs[0] ?? '', consumers, constants) !== undefined
  );
}

/**
 * Takes output channels that are always zero, those without a weight and bias that is not, out of the convolutions
 * that make them and those that read them. Channels stay where anything but convolutions, over operations that keep
 * zero, reads them: a sum with a shortcut needs all of both sides. The results are the same bits.
 */
export function removeChannels(graph: Graph): Graph {
  const consumers = consumersOf(graph);
  const constants = new Map(graph.constants);
  for (const node of graph.nodes) {
    if (node.op !== 'conv' || !ownsWeights(node, constants, consumers)) continue;
    const alive = aliveChannels(node, constants);
    const readers = readersOf(graph, node.outputs[0] ?? '', consumers, constants);
    const [out = 0] = constants.get(node.inputs[1] ?? '')?.shape ?? [];
    if (!readers || alive.length === 0 || alive.length === out) continue;
    for (const name of node.inputs.slice(1)) takeSlices(constants, name, 0, alive);
    for (const reader of readers) takeSlices(constants, reader.inputs[1] ?? '', 1, alive);
  }
  return { ...graph, constants };
}

/** A convolution of all channels with f32 constants that nobody else reads. */
function ownsWeights(node: ConvNode, constants: Constants, consumers: Consumers): boolean {
  const own = node.inputs.slice(1).filter((name) => name !== '');
  return (
    node.attributes.groups === 1 &&
    own.every((name) => constants.get(name)?.dtype === 'f32' && consumers.get(name)?.length === 1)
  );
}

function aliveChannels(node: ConvNode, constants: Constants): readonly number[] {
  const [, weightName = '', biasName = ''] = node.inputs;
  const weight = constants.get(weightName);
  const bias = constants.get(biasName)?.data;
  const channels = weight?.shape[0] ?? 0;
  const columns = elementCount(weight?.shape.slice(1) ?? []);
  const isAlive = (channel: number): boolean => {
    const row = weight?.data.subarray(channel * columns, (channel + 1) * columns);
    return (bias?.[channel] ?? 0) !== 0 || (row?.some((w) => w !== 0) ?? true);
  };
  return Array.from({ length: channels }, (_, channel) => channel).filter(isAlive);
}

/** The convolutions that read a value, none if anything else does. */
function readersOf(
  graph: Graph,
  name: string,
  consumers: Consumers,
  constants: Constants,
): readonly ConvNode[] | undefined {
  if (isOutput(graph, name)) return undefined;
  const readers: ConvNode[] = [];
  for (const node of consumers.get(name) ?? []) {
    if (node.op === 'conv' && node.inputs.indexOf(name) === 0 && ownsWeights(node, constants, consumers)) {
      readers.push(node);
    } else if (keepsZero.has(node.op) || (node.op === 'clip' && clipBounds(node))) {
      const further = readersOf(graph, node.outputs[0] ?? '', consumers, constants);
      if (!further) return undefined;
      readers.push(...further);
    } else {
      return undefined;
    }
  }
  return readers;
}

/** Replaces an f32 constant by its slices at some indices of an axis. */
function takeSlices(
  constants: Map<string, Constant>,
  name: string,
  axis: 0 | 1,
  indices: readonly number[],
): void {
  const constant = constants.get(name);
  if (!constant) return;
  const { shape, data } = constant;
  const inner = elementCount(shape.slice(axis + 1));
  const size = shape[axis] ?? 0;
  const outer = elementCount(shape.slice(0, axis));
  const kept = new Float32Array(outer * indices.length * inner);
  for (let o = 0; o < outer; o++) {
    indices.forEach((index, i) => {
      const from = (o * size + index) * inner;
      kept.set(data.subarray(from, from + inner), (o * indices.length + i) * inner);
    });
  }
  const sizes = shape.map((d, i) => (i === axis ? indices.length : d));
  constants.set(name, { ...constant, shape: sizes, data: kept });
}
