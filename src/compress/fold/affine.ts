import type { Graph } from '../../graph/graph.js';
import type { BatchNormNode } from '../../graph/ops/batchNorm.js';
import type { Node } from '../../graph/ops/table.js';
import type { Constant, TensorType } from '../../graph/tensor.js';

/** `scale[c] * x + shift[c]` for each channel, in doubles. */
export interface ChannelAffine {
  readonly scale: Float64Array;
  readonly shift: Float64Array;
}

/** A value whose channels lie along one axis. */
export interface ChannelValue {
  readonly name: string;
  readonly type: TensorType;
  readonly axis: number;
}

/** What a batch normalization does to each channel. */
export function batchNormAffine(node: BatchNormNode, graph: Graph): ChannelAffine | undefined {
  const [scale, bias, mean, variance] = node.inputs.slice(1).map((name) => graph.constants.get(name)?.data);
  if (!scale || !bias || !mean || !variance) return undefined;
  const factors = Float64Array.from(
    scale,
    (gamma, c) => gamma / Math.sqrt((variance[c] ?? 0) + node.attributes.epsilon),
  );
  const shift = Float64Array.from(bias, (beta, c) => beta - (mean[c] ?? 0) * (factors[c] ?? 0));
  return { scale: factors, shift };
}

/** A constant operand with one number a channel, or one for all, as a list by channel. */
function perChannel({ type, axis }: ChannelValue, constant: Constant): Float64Array | undefined {
  const { shape, data } = constant;
  const rank = type.shape.length;
  const channels = type.shape[axis] ?? 0;
  if (constant.dtype !== 'f32' || shape.length > rank) return undefined;
  if (data.length === 1) return new Float64Array(channels).fill(data[0] ?? 0);
  const along = shape.length - (rank - axis);
  const fits = shape.every((size, i) => size === (i === along ? channels : 1));
  return fits && data.length === channels ? Float64Array.from(data) : undefined;
}

/** What a node does to each channel of `value`, one of its inputs, if it is the same for all elements of a channel. */
export function affineOf(graph: Graph, node: Node, value: ChannelValue): ChannelAffine | undefined {
  if (node.op === 'batchNorm') {
    return value.axis === 1 && node.inputs[0] === value.name ? batchNormAffine(node, graph) : undefined;
  }
  if (node.op !== 'add' && node.op !== 'subtract' && node.op !== 'multiply' && node.op !== 'divide') {
    return undefined;
  }
  const isFirst = node.inputs[0] === value.name;
  const constant = graph.constants.get(node.inputs[isFirst ? 1 : 0] ?? '');
  const numbers = constant && perChannel(value, constant);
  if (!numbers) return undefined;
  const ones = numbers.map(() => 1);
  const zeros = numbers.map(() => 0);
  switch (node.op) {
    case 'add':
      return { scale: ones, shift: numbers };
    case 'subtract':
      return isFirst
        ? { scale: ones, shift: numbers.map((x) => -x) }
        : { scale: ones.map((x) => -x), shift: numbers };
    case 'multiply':
      return { scale: numbers, shift: zeros };
    case 'divide':
      return isFirst && numbers.every((x) => x !== 0)
        ? { scale: numbers.map((x) => 1 / x), shift: zeros }
        : undefined;
  }
}
