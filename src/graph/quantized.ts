import { type AnyNode, rejectNode } from './operation.js';
import type { Quantization } from './tensor.js';

/** Nearest integer, ties to the even one: the rounding of every requantization. |x| < 2^51. */
export function roundHalfEven(x: number): number {
  const magic = 1.5 * 2 ** 52;
  return x + magic - magic;
}

const clamp = (x: number, least: number, greatest: number): number => Math.max(least, Math.min(x, greatest));

/** `clamp(roundHalfEven(scaled) + zeroPoint, 0, 255)` for an f32 that is already scaled. */
export const toQuantized = (scaled: number, zeroPoint: number): number =>
  clamp(roundHalfEven(scaled) + zeroPoint, 0, 255);

/** `toQuantized` of an int32 accumulator times an f32 multiplier, every step in f32. */
export const requantize = (accumulator: number, multiplier: number, zeroPoint: number): number =>
  toQuantized(Math.fround(Math.fround(accumulator) * multiplier), zeroPoint);

/** The u8 that stands for a real number; not-a-number becomes the zero point. */
export function quantize(real: number, { scale, zeroPoint }: Quantization): number {
  if (Number.isNaN(real)) return zeroPoint;
  return toQuantized(Math.fround(Math.fround(real) * Math.fround(1 / scale)), zeroPoint);
}

/** The f32 that a u8 stands for. */
export const dequantize = (q: number, { scale, zeroPoint }: Quantization): number =>
  Math.fround(scale * (q - zeroPoint));

/** f32 multiplier that takes accumulators of `scale` to an output of `outputScale`. */
export const requantizeMultiplier = (scale: number, outputScale: number): number =>
  Math.fround(scale / outputScale);

/** Greatest multiplier of a node: an int32 accumulator times it is still far from the largest f32. */
export const largestMultiplier = 2 ** 64;

/** Refuses scales so far apart that requantizing would overflow. */
export function checkMultiplier(node: AnyNode, scale: number, outputScale: number): void {
  if (!(requantizeMultiplier(scale, outputScale) <= largestMultiplier)) {
    rejectNode(node, `input scale ${scale} and output scale ${outputScale} are too far apart`);
  }
}
