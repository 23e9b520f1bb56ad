import { clamp } from '../lanes';
import { bound, ROUNDING, zeroPointOffset } from '../quantization';
import { storeBytes } from '../store';
import { IntegerConvolutionParameters } from './parameters';
import { highSum, lowSum } from './weights';

// Bounds and offsets of a whole tile are vectors that are made once and not for every pixel.

/** ROUNDING + the value within bounds, rounded half to even. */
@inline
function rounded(value: v128, least: v128, most: v128): v128 {
  return f32x4.add(clamp(value, least, most), f32x4.splat(ROUNDING));
}

/** ROUNDING + the requantized value of four sums. */
@inline
function requantized(sums: v128, bias: v128, multiplier: v128, least: v128, most: v128): v128 {
  return rounded(f32x4.mul(f32x4.convert_i32x4_s(i32x4.add(sums, bias)), multiplier), least, most);
}

/** ROUNDING + the sum of a residual and `own`, which is ROUNDING + a requantized value. */
@inline
function added(p: IntegerConvolutionParameters, own: v128, residual: v128, least: v128, most: v128): v128 {
  const mine = f32x4.mul(f32x4.sub(own, f32x4.splat(ROUNDING)), f32x4.splat(p.ownMultiplier));
  const centered = f32x4.convert_i32x4_s(i32x4.sub(residual, i32x4.splat(p.residualZeroPoint)));
  return rounded(f32x4.add(mine, f32x4.mul(centered, f32x4.splat(p.residualMultiplier))), least, most);
}

/** Stores up to 8 channels of one pixel, given as ROUNDING + value. */
@inline
function storePixel(
  p: IntegerConvolutionParameters, pixel: i32, channel: i32, low: v128, high: v128, offset: v128,
): void {
  const words = i16x8.narrow_i32x4_s(i32x4.sub(low, offset), i32x4.sub(high, offset));
  const bytes = i8x16.narrow_i16x8_u(words, words);
  const target = p.output + pixel * p.outputStride + channel;
  if (p.outChannels - channel >= 8) v128.store64_lane(target, bytes, 0);
  else storeBytes(target, bytes, p.outChannels - channel);
}

/** Adds the residual to up to 8 channels of one pixel, given as ROUNDING + value, and stores them. */
@inline
function storeSum(
  p: IntegerConvolutionParameters, pixel: i32, channel: i32, low: v128, high: v128,
  least: v128, most: v128, offset: v128,
): void {
  const words = v128.load8x8_u(p.residual + pixel * p.residualStride + channel);
  low = added(p, low, i32x4.extend_low_i16x8_u(words), least, most);
  high = added(p, high, i32x4.extend_high_i16x8_u(words), least, most);
  storePixel(p, pixel, channel, low, high, offset);
}

/** Requantizes the sums of 8 channels of one pixel, adds the residual if there is one, and stores up to 8. */
@inline
export function finishPixel(p: IntegerConvolutionParameters, pixel: i32, channel: i32, low: v128, high: v128): void {
  const at = <usize>channel << 2;
  const least = bound(p.minimum, p.zeroPoint), most = bound(p.maximum, p.zeroPoint);
  low = requantized(low, v128.load(p.bias + at), v128.load(p.multiplier + at), least, most);
  high = requantized(high, v128.load(p.bias + at, 16), v128.load(p.multiplier + at, 16), least, most);
  if (!p.residual) {
    storePixel(p, pixel, channel, low, high, zeroPointOffset(p.zeroPoint));
    return;
  }
  const lower = bound(p.sumMinimum, p.sumZeroPoint), upper = bound(p.sumMaximum, p.sumZeroPoint);
  storeSum(p, pixel, channel, low, high, lower, upper, zeroPointOffset(p.sumZeroPoint));
}

/** The same for a tile of `rows` pixels from `pixel`, of which those before `end` are stored. */
@inline
export function finishTile(
  p: IntegerConvolutionParameters, pixel: i32, end: i32, channel: i32, rows: i32, bits: i32,
  c0l: v128, c0h: v128, c1l: v128, c1h: v128, c2l: v128, c2h: v128,
  c3l: v128, c3h: v128, c4l: v128, c4h: v128, c5l: v128, c5h: v128,
): void {
  const at = <usize>channel << 2;
  const bl = v128.load(p.bias + at), bh = v128.load(p.bias + at, 16);
  const ml = v128.load(p.multiplier + at), mh = v128.load(p.multiplier + at, 16);
  const least = bound(p.minimum, p.zeroPoint), most = bound(p.maximum, p.zeroPoint);
  c0l = requantized(lowSum(c0l, c0h, bits), bl, ml, least, most);
  c0h = requantized(highSum(c0h, bits), bh, mh, least, most);
  c1l = requantized(lowSum(c1l, c1h, bits), bl, ml, least, most);
  c1h = requantized(highSum(c1h, bits), bh, mh, least, most);
  c2l = requantized(lowSum(c2l, c2h, bits), bl, ml, least, most);
  c2h = requantized(highSum(c2h, bits), bh, mh, least, most);
  c3l = requantized(lowSum(c3l, c3h, bits), bl, ml, least, most);
  c3h = requantized(highSum(c3h, bits), bh, mh, least, most);
  if (rows > 4) {
    c4l = requantized(lowSum(c4l, c4h, bits), bl, ml, least, most);
    c4h = requantized(highSum(c4h, bits), bh, mh, least, most);
    c5l = requantized(lowSum(c5l, c5h, bits), bl, ml, least, most);
    c5h = requantized(highSum(c5h, bits), bh, mh, least, most);
  }
  if (!p.residual) {
    const offset = zeroPointOffset(p.zeroPoint);
    storePixel(p, pixel, channel, c0l, c0h, offset);
    if (pixel + 1 < end) storePixel(p, pixel + 1, channel, c1l, c1h, offset);
    if (pixel + 2 < end) storePixel(p, pixel + 2, channel, c2l, c2h, offset);
    if (pixel + 3 < end) storePixel(p, pixel + 3, channel, c3l, c3h, offset);
    if (rows > 4) {
      if (pixel + 4 < end) storePixel(p, pixel + 4, channel, c4l, c4h, offset);
      if (pixel + 5 < end) storePixel(p, pixel + 5, channel, c5l, c5h, offset);
    }
    return;
  }
  const lower = bound(p.sumMinimum, p.sumZeroPoint), upper = bound(p.sumMaximum, p.sumZeroPoint);
  const offset = zeroPointOffset(p.sumZeroPoint);
  storeSum(p, pixel, channel, c0l, c0h, lower, upper, offset);
  if (pixel + 1 < end) storeSum(p, pixel + 1, channel, c1l, c1h, lower, upper, offset);
  if (pixel + 2 < end) storeSum(p, pixel + 2, channel, c2l, c2h, lower, upper, offset);
  if (pixel + 3 < end) storeSum(p, pixel + 3, channel, c3l, c3h, lower, upper, offset);
  if (rows > 4) {
    if (pixel + 4 < end) storeSum(p, pixel + 4, channel, c4l, c4h, lower, upper, offset);
    if (pixel + 5 < end) storeSum(p, pixel + 5, channel, c5l, c5h, lower, upper, offset);
  }
}
