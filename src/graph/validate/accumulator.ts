import { type InputType, rejectNode } from '../operation.js';
import type { Node } from '../ops/table.js';
import { type Constant, elementCount } from '../tensor.js';

const largestAccumulator = 2 ** 31 - 1;
const largestActivation = 255;

function largestMagnitude(data: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < data.length; i++) largest = Math.max(largest, Math.abs(data[i] ?? 0));
  return largest;
}

/** Sums of weight magnitudes for each output channel. */
function channelSums(weight: Constant): Float64Array {
  const channels = weight.shape[0] ?? 1;
  const perChannel = weight.data.length / channels;
  return Float64Array.from({ length: channels }, (_, channel) => {
    let sum = 0;
    for (let i = 0; i < perChannel; i++) sum += Math.abs(weight.data[channel * perChannel + i] ?? 0);
    return sum;
  });
}

/**
 * Refuses integer convolutions and products whose int32 accumulator can overflow for some input. Looks at single
 * weights only where their number and width alone do not rule it out.
 */
export function checkAccumulator(node: Node, inputs: readonly (InputType | undefined)[]): void {
  const weight = inputs[1]?.constant;
  const bits = weight?.quantization?.bits;
  if ((node.op !== 'conv' && node.op !== 'linear') || !weight || bits === undefined) return;
  const bias = inputs[2]?.constant?.data ?? new Int32Array(0);
  const worst = elementCount(weight.shape.slice(1)) * 2 ** (bits - 1) * largestActivation;
  if (worst + largestMagnitude(bias) <= largestAccumulator) return;
  channelSums(weight).forEach((sum, channel) => {
    if (sum * largestActivation + Math.abs(bias[channel] ?? 0) > largestAccumulator) {
      rejectNode(node, `the int32 accumulator of output channel ${channel} can overflow`);
    }
  });
}
