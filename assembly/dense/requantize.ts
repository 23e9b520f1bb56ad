import { ConvolutionParameters } from './parameters';

/** Adding this rounds an f32 below 2^22 half to even and leaves the integer in the low bits. */
const ROUND: f32 = 12582912.0;
const ROUND_BITS: i32 = 0x4b400000;

@inline
function clamped(value: v128, low: i32, high: i32): v128 {
  return f32x4.pmin(f32x4.pmax(value, f32x4.splat(<f32>low)), f32x4.splat(<f32>high));
}

/** Requantized value before its zero point is added, as ROUND + a whole number. */
@inline
function rounded(p: ConvolutionParameters, accumulator: v128, channel: usize): v128 {
  const sum = i32x4.add(accumulator, v128.load(p.bias + channel));
  const scaled = f32x4.mul(f32x4.convert_i32x4_s(sum), v128.load(p.multiplier + channel));
  return f32x4.add(clamped(scaled, p.minimum - p.zeroPoint, p.maximum - p.zeroPoint), f32x4.splat(ROUND));
}

/** The residual addition, after the convolution has been requantized on its own. */
@inline
function added(p: ConvolutionParameters, own: v128, residual: v128): v128 {
  const mine = f32x4.mul(f32x4.sub(own, f32x4.splat(ROUND)), f32x4.splat(p.ownMultiplier));
  const centered = f32x4.convert_i32x4_s(i32x4.sub(residual, i32x4.splat(p.residualZeroPoint)));
  const sum = f32x4.add(mine, f32x4.mul(centered, f32x4.splat(p.residualMultiplier)));
  const low = p.sumMinimum - p.sumZeroPoint;
  return f32x4.add(clamped(sum, low, p.sumMaximum - p.sumZeroPoint), f32x4.splat(ROUND));
}

@inline
function storeBytes(target: usize, low: v128, high: v128, zeroPoint: i32, lanes: i32): void {
  const offset = i32x4.splat(ROUND_BITS - zeroPoint);
  const words = i16x8.narrow_i32x4_s(i32x4.sub(low, offset), i32x4.sub(high, offset));
  const bytes = i8x16.narrow_i16x8_u(words, words);
  if (lanes >= 8) {
    v128.store64_lane(target, bytes, 0);
    return;
  }
  let rest = i64x2.extract_lane(bytes, 0);
  for (const end = target + lanes; target < end; target++) {
    store<u8>(target, <u8>rest);
    rest >>= 8;
  }
}

/** Requantizes, adds the residual if there is one, and stores up to 8 channels of one pixel. */
@inline
export function storePixel(p: ConvolutionParameters, pixel: i32, channel: i32, low: v128, high: v128): void {
  const target = p.output + pixel * p.outputStride + channel;
  const at = <usize>channel << 2;
  const lanes = p.outChannels - channel;
  low = rounded(p, low, at);
  high = rounded(p, high, at + 16);
  if (!p.residual) {
    storeBytes(target, low, high, p.zeroPoint, lanes);
    return;
  }
  const words = v128.load8x8_u(p.residual + pixel * p.residualStride + channel);
  low = added(p, low, i32x4.extend_low_i16x8_u(words));
  high = added(p, high, i32x4.extend_high_i16x8_u(words));
  storeBytes(target, low, high, p.sumZeroPoint, lanes);
}
