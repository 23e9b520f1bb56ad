import { roundHalfEven } from '../../graph/quantized.js';
import type { WeightBits } from '../../graph/tensor.js';

/** Weights as rows, one an output channel, each with its scale: `real = scales[row] * q`. */
export interface QuantizedRows {
  readonly q: Int8Array;
  readonly scales: Float32Array;
}

/** `rows` rows of `columns` real weights. */
export interface RealRows {
  readonly data: ArrayLike<number>;
  readonly rows: number;
  readonly columns: number;
}

export interface Levels {
  readonly least: number;
  readonly greatest: number;
}

/** Integers that a weight may take: as many below zero as above, which is what the 4- and 2-bit kernels hold. */
export function levelsOf(bits: WeightBits): Levels {
  const greatest = 2 ** (bits - 1) - 1;
  return { least: -greatest, greatest };
}

export const toLevel = (x: number, { least, greatest }: Levels): number => {
  const rounded = roundHalfEven(x);
  return rounded < least ? least : rounded > greatest ? greatest : rounded;
};

/** Smallest scale of a weight: a normal f32 with room for products. */
export const smallestScale = 2 ** -100;

/** Fractions of the largest weight that are tried as the clip of a channel below 8 bits. */
const clipFractions = Array.from({ length: 320 }, (_, i) => 1.04 - i / 400);

/**
 * One scale a row: the largest weight's at 8 bits; below, the one of least squared error, where the error of column
 * `k` counts `importance[k]` (a mean square of what it is multiplied with) or 1. None is below its row's `least`.
 */
export function chooseScales(
  weights: RealRows,
  bits: WeightBits,
  least: ArrayLike<number>,
  importance?: Float64Array,
): Float32Array {
  const levels = levelsOf(bits);
  return Float32Array.from({ length: weights.rows }, (_, row) => {
    const bounded = (scale: number): number => Math.fround(Math.max(scale, least[row] ?? 0, smallestScale));
    const largest = largestMagnitude(weights, row);
    if (largest === 0) return (least[row] ?? 0) > 0 ? bounded(0) : 1;
    const candidates = bits === 8 ? [1] : clipFractions;
    let best = bounded(largest / levels.greatest);
    let bestError = Number.POSITIVE_INFINITY;
    for (const fraction of candidates) {
      const scale = bounded((largest * fraction) / levels.greatest);
      const error = squaredError(weights, row, scale, levels, importance);
      if (error < bestError) [best, bestError] = [scale, error];
    }
    return best;
  });
}

function largestMagnitude({ data, columns }: RealRows, row: number): number {
  let largest = 0;
  for (let k = row * columns; k < (row + 1) * columns; k++)
    largest = Math.max(largest, Math.abs(data[k] ?? 0));
  return largest;
}

function squaredError(
  { data, columns }: RealRows,
  row: number,
  scale: number,
  levels: Levels,
  importance: Float64Array | undefined,
): number {
  let error = 0;
  for (let k = 0; k < columns; k++) {
    const weight = data[row * columns + k] ?? 0;
    const difference = weight - scale * toLevel(weight / scale, levels);
    error += difference * difference * (importance?.[k] ?? 1);
  }
  return error;
}

/** Every weight to its nearest level. */
export function roundToNearest(weights: RealRows, scales: Float32Array, bits: WeightBits): QuantizedRows {
  const levels = levelsOf(bits);
  const q = Int8Array.from({ length: weights.rows * weights.columns }, (_, i) =>
    toLevel((weights.data[i] ?? 0) / (scales[Math.floor(i / weights.columns)] ?? 1), levels),
  );
  return { q, scales };
}
