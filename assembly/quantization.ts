import { clamp } from './lanes';

/** 1.5 * 2^23: adding it to |x| < 2^22 leaves x, rounded half to even, in the low bits of the sum. */
@inline
export const ROUNDING: f32 = 12582912.0;
@inline
const ROUNDING_BITS: i32 = 0x4b400000;

/** What to subtract from the bits of ROUNDING + x for the integer x with a zero point added. */
@inline
export function zeroPointOffset(zeroPoint: i32): v128 {
  return i32x4.splat(ROUNDING_BITS - zeroPoint);
}

/** ROUNDING from a zero point offset: engines build a literal vector anew at each use. */
@inline
export function roundingFrom(offset: v128, zeroPoint: i32): v128 {
  return i32x4.add(offset, i32x4.splat(zeroPoint));
}

/** A bound of a quantized value before its zero point is added. */
@inline
export function bound(limit: i32, zeroPoint: i32): v128 {
  return f32x4.splat(<f32>(limit - zeroPoint));
}

/** `roundHalfEven(clamp(x, low, high)) + zeroPoint` as i32x4; low and high are without the zero point. */
@inline
export function requantize(x: v128, low: v128, high: v128, rounding: v128, offset: v128): v128 {
  return i32x4.sub(f32x4.add(clamp(x, low, high), rounding), offset);
}

/**
 * `roundHalfEven(x) + zeroPoint` as i32x4 for |x| < 2^22, to be clamped as bytes: an integer bound is the same before
 * rounding and after.
 */
@inline
export function requantizeUnclamped(x: v128, rounding: v128, offset: v128): v128 {
  return i32x4.sub(f32x4.add(x, rounding), offset);
}

/** Sixteen i32 as u8, those beyond 0..255 at its ends. */
@inline
export function narrow(a: v128, b: v128, c: v128, d: v128): v128 {
  return i8x16.narrow_i16x8_u(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d));
}

/** f32 of the four i16 lanes in the low half. */
@inline
export function lowFloats(x: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(x));
}

/** f32 of the four i16 lanes in the high half. */
@inline
export function highFloats(x: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(x));
}
