import { ConvolutionParameters } from './parameters';

/** Adding this rounds an f32 below 2^22 half to even and leaves the integer in the low bits. */
const ROUND: f32 = 12582912.0;
const ROUND_BITS: i32 = 0x4b400000;

// Bounds and offsets of a whole tile, as vectors that are made once and not for every pixel.

/** A bound of a requantized value before its zero point is added. */
@inline
export function bound(limit: i32, zeroPoint: i32): v128 {
  return f32x4.splat(<f32>(limit - zeroPoint));
}

/** What to subtract from the bits of ROUND + value for an integer with its zero point added. */
@inline
export function roundOffset(zeroPoint: i32): v128 {
  return i32x4.splat(ROUND_BITS - zeroPoint);
}

/** ROUND + value rounded half to even, within bounds. */
@inline
function rounded(value: v128, least: v128, most: v128): v128 {
  return f32x4.add(f32x4.pmin(f32x4.pmax(value, least), most), f32x4.splat(ROUND));
}

/** ROUND + the requantized value of an accumulator. */
@inline
export function requantized(accumulator: v128, bias: v128, multiplier: v128, least: v128, most: v128): v128 {
  return rounded(f32x4.mul(f32x4.convert_i32x4_s(i32x4.add(accumulator, bias)), multiplier), least, most);
}

/** ROUND + the sum of a requantized value and a residual. */
@inline
function added(p: ConvolutionParameters, own: v128, residual: v128, least: v128, most: v128): v128 {
  const mine = f32x4.mul(f32x4.sub(own, f32x4.splat(ROUND)), f32x4.splat(p.ownMultiplier));
  const centered = f32x4.convert_i32x4_s(i32x4.sub(residual, i32x4.splat(p.residualZeroPoint)));
  return rounded(f32x4.add(mine, f32x4.mul(centered, f32x4.splat(p.residualMultiplier))), least, most);
}

/** Stores up to 8 channels of one pixel, given as ROUND + value. */
@inline
export function storePixel(
  p: ConvolutionParameters, pixel: i32, channel: i32, low: v128, high: v128, offset: v128,
): void {
  const words = i16x8.narrow_i32x4_s(i32x4.sub(low, offset), i32x4.sub(high, offset));
  const bytes = i8x16.narrow_i16x8_u(words, words);
  const target = p.output + pixel * p.outputStride + channel;
  if (p.outChannels - channel >= 8) v128.store64_lane(target, bytes, 0);
  else storeFew(target, i64x2.extract_lane(bytes, 0), p.outChannels - channel);
}

function storeFew(target: usize, bytes: i64, count: i32): void {
  for (const end = target + count; target < end; target++, bytes >>= 8) store<u8>(target, <u8>bytes);
}

/** Adds the residual to up to 8 channels of one pixel, given as ROUND + value, and stores them. */
@inline
export function storeSum(
  p: ConvolutionParameters, pixel: i32, channel: i32, low: v128, high: v128, least: v128, most: v128, offset: v128,
): void {
  const words = v128.load8x8_u(p.residual + pixel * p.residualStride + channel);
  low = added(p, low, i32x4.extend_low_i16x8_u(words), least, most);
  high = added(p, high, i32x4.extend_high_i16x8_u(words), least, most);
  storePixel(p, pixel, channel, low, high, offset);
}
