import type { IntegerLayer } from '../integer-layer.js';

/** Values to be requantized stay this far below what rounding by addition can take, so that no error of f32 matters. */
const limit = 2 ** 21;

const greatestInput = 255;

/** Whether no input can make a sum of the layer too large for kernels that clamp after rounding. */
export function weightedSumsAreBounded(
  { weights, bias, multipliers }: IntegerLayer,
  nonZero: Int32Array,
): boolean {
  const row = weights.length / multipliers.length;
  const magnitudes = new Float64Array(multipliers.length);
  for (const index of nonZero) {
    const channel = Math.floor(index / row);
    magnitudes[channel] = (magnitudes[channel] ?? 0) + Math.abs(weights[index] ?? 0);
  }
  return magnitudes.every((magnitude, channel) => {
    const sum = greatestInput * magnitude + Math.abs(bias[channel] ?? 0);
    return sum * (multipliers[channel] ?? 0) < limit;
  });
}

/** Whether the sum of a value and its residual stays small enough. */
export const sumsAreBounded = (fields: {
  readonly ownMultiplier: number;
  readonly residualMultiplier: number;
}): boolean => greatestInput * (fields.ownMultiplier + fields.residualMultiplier) < limit;
