import { ownQuantization, scaleOf } from './elementwise.js';
import { type AnyNode, rejectNode } from './operation.js';
import { checkMultiplier, requantize, requantizeMultiplier } from './quantized.js';
import type { TensorType } from './tensor.js';

/** Elements that an integer mean can sum in 32 bits. */
const largestCount = 2 ** 23;

/** Output type of a mean over at most `count` elements: u8 needs a quantization of its own. */
export function meanOutput(
  node: AnyNode,
  x: TensorType,
  shape: readonly number[],
  count: number,
): TensorType {
  if (x.dtype === 'f32') return { dtype: 'f32', shape };
  if (x.dtype !== 'u8') rejectNode(node, `input must be f32 or u8, got ${x.dtype}`);
  if (count > largestCount) rejectNode(node, `the mean of ${count} elements overflows 32-bit integers`);
  const quantization = ownQuantization(node);
  checkMultiplier(node, scaleOf(node, x).scale, quantization.scale);
  return { dtype: 'u8', shape, quantization };
}

/** Turns a sum of `count` elements, zero point taken off each, into their mean. */
export function finishMean(
  node: AnyNode,
  x: TensorType,
  output: TensorType,
): (sum: number, count: number) => number {
  if (output.dtype === 'f32') return (sum, count) => sum / count;
  const scaleIn = scaleOf(node, x).scale;
  const { scale, zeroPoint } = scaleOf(node, output);
  return (sum, count) => requantize(sum, requantizeMultiplier(scaleIn, scale * count), zeroPoint);
}
