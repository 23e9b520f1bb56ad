import { scaleOf } from './elementwise.js';
import { type AnyNode, type InputType, type ReferenceInput, rejectNode } from './operation.js';
import { checkMultiplier, dequantize, requantize, requantizeMultiplier } from './quantized.js';
import { formatType, type TensorType } from './tensor.js';

/** What an operation with a weight reads and adds up. */
export type WeightedForm = 'float' | 'integer' | 'float over bytes';

/** The form of an operation by the types of its input and weight. */
export function weightedForm(x: TensorType, weight: TensorType): WeightedForm {
  if (x.dtype === 'f32') return 'float';
  return weight.dtype === 'f32' ? 'float over bytes' : 'integer';
}

/**
 * Checks the types of an operation with a weight and a bias: all f32, or u8 with integer weight and i32 bias, or u8
 * of zero point 0, such as spikes, with f32 weight and bias.
 */
export function checkWeights(
  node: AnyNode,
  x: InputType,
  weight: InputType,
  bias: InputType | undefined,
): void {
  const channels = weight.shape[0] ?? 0;
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== channels)) {
    rejectNode(node, `bias must have shape [${channels}], got ${formatType(bias)}`);
  }
  const types = [x, weight, bias].map((type) => type?.dtype);
  const form = weightedForm(x, weight);
  if (form === 'float') {
    if (types.some((dtype) => dtype !== undefined && dtype !== 'f32')) {
      rejectNode(node, `f32 input needs f32 weight and bias, got ${types.join(', ')}`);
    }
    return;
  }
  if (form === 'float over bytes') {
    checkFloatWeights(node, x, weight, bias);
    return;
  }
  const quantization = weight.constant?.quantization;
  if (x.dtype !== 'u8' || weight.dtype !== 'i8' || !quantization || (bias && bias.dtype !== 'i32')) {
    rejectNode(
      node,
      `integer form needs u8 input, quantized i8 weight and i32 bias, got ${types.join(', ')}`,
    );
  }
  if (quantization.axis !== 0 || quantization.scales.length !== channels) {
    rejectNode(node, `weight needs one scale per output channel (${channels}) on axis 0`);
  }
  const greatest = quantization.scales.reduce((a, b) => Math.max(a, b), 0);
  checkMultiplier(node, scaleOf(node, x).scale * greatest, node.quantization?.scale ?? 1);
}

function checkFloatWeights(
  node: AnyNode,
  x: InputType,
  weight: InputType,
  bias: InputType | undefined,
): void {
  if (x.dtype !== 'u8' || (bias && bias.dtype !== 'f32') || !weight.constant) {
    rejectNode(
      node,
      `f32 weight over u8 input must be constant, with an f32 bias or none, got ${formatType(x)}, ${formatType(weight)}${bias ? `, ${formatType(bias)}` : ''}`,
    );
  }
  const { zeroPoint } = scaleOf(node, x);
  if (zeroPoint !== 0) rejectNode(node, `f32 weight needs a u8 input of zero point 0, got ${zeroPoint}`);
}

/** f32, but u8 with the node's quantization where it has one. */
export function weightedOutput(
  node: AnyNode,
  x: TensorType,
  weight: TensorType,
  shape: readonly number[],
): TensorType {
  if (weightedForm(x, weight) !== 'integer' || !node.quantization) return { dtype: 'f32', shape };
  return { dtype: 'u8', shape, quantization: node.quantization };
}

/**
 * Adds the bias to the accumulator of one output channel and, for integers, requantizes it or turns it into a real
 * number.
 */
export function finishAccumulator(
  node: AnyNode,
  [x, weight, bias]: readonly (ReferenceInput | undefined)[],
  output: TensorType,
): (sum: number, channel: number) => number {
  const biasAt = (channel: number): number => bias?.data[channel] ?? 0;
  const scales = weight?.constant?.quantization?.scales;
  if (!scales) return (sum, channel) => Math.fround(sum + biasAt(channel));
  const scaleIn = x?.type.quantization?.scale ?? rejectNode(node, 'input has no quantization');
  if (output.dtype === 'f32') {
    const real = Array.from(scales, (s) => requantizeMultiplier(scaleIn * s, 1));
    return (sum, channel) => Math.fround(Math.fround((sum + biasAt(channel)) | 0) * (real[channel] ?? 0));
  }
  const { scale, zeroPoint } = scaleOf(node, output);
  const multipliers = Array.from(scales, (s) => requantizeMultiplier(scaleIn * s, scale));
  return (sum, channel) => requantize((sum + biasAt(channel)) | 0, multipliers[channel] ?? 0, zeroPoint);
}

/** The elements as doubles, with the zero point taken off integers: sums of their products are exact. */
export function centred({ data, type }: ReferenceInput): Float64Array {
  const zeroPoint = type.quantization?.zeroPoint ?? 0;
  return Float64Array.from(data, (value) => value - zeroPoint);
}

/** The elements as the real numbers that they stand for. */
export const realElements = ({ data, type }: ReferenceInput): Float64Array =>
  Float64Array.from(data, (q) => (type.quantization ? dequantize(q, type.quantization) : q));
