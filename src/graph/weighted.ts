import { ownQuantization, scaleOf } from './elementwise.js';
import { type AnyNode, type InputType, type ReferenceInput, rejectNode } from './operation.js';
import { checkMultiplier, requantize, requantizeMultiplier } from './quantized.js';
import { formatType, type TensorType } from './tensor.js';

/** Checks the types of an operation with a weight and a bias: all f32, or u8 with integer weight and i32 bias. */
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
  if (x.dtype === 'f32') {
    if (types.some((dtype) => dtype !== undefined && dtype !== 'f32')) {
      rejectNode(node, `f32 input needs f32 weight and bias, got ${types.join(', ')}`);
    }
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
  checkMultiplier(node, scaleOf(node, x).scale * greatest, ownQuantization(node).scale);
}

/** f32 for f32 input; u8 with the node's quantization for u8 input. */
export function weightedOutput(node: AnyNode, x: TensorType, shape: readonly number[]): TensorType {
  if (x.dtype === 'f32') return { dtype: 'f32', shape };
  return { dtype: 'u8', shape, quantization: ownQuantization(node) };
}

/** Adds the bias to the accumulator of one output channel and, for integers, requantizes. */
export function finishAccumulator(
  node: AnyNode,
  [x, weight, bias]: readonly (ReferenceInput | undefined)[],
  output: TensorType,
): (sum: number, channel: number) => number {
  const biasAt = (channel: number): number => bias?.data[channel] ?? 0;
  if (output.dtype === 'f32') return (sum, channel) => Math.fround(sum + biasAt(channel));
  const scales = weight?.constant?.quantization?.scales ?? rejectNode(node, 'weight has no scales');
  const scaleIn = x?.type.quantization?.scale ?? rejectNode(node, 'input has no quantization');
  const { scale, zeroPoint } = scaleOf(node, output);
  const multipliers = Array.from(scales, (s) => requantizeMultiplier(scaleIn * s, scale));
  return (sum, channel) => requantize((sum + biasAt(channel)) | 0, multipliers[channel] ?? 0, zeroPoint);
}

/** The elements as doubles, with the zero point taken off integers: sums of their products are exact. */
export function centred({ data, type }: ReferenceInput): Float64Array {
  const zeroPoint = type.quantization?.zeroPoint ?? 0;
  return Float64Array.from(data, (value) => value - zeroPoint);
}
