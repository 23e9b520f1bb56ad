// Packed weights in registers, and what the sums of their products mean.
//
// A step is what one 32-bit splat of activations multiplies: 4 elements of 8 bits with relaxed SIMD, 2 elements of 16
// bits without, one f32. Of the 8 output channels of a block, `low` are the first four, `high` the last four. T is the
// type of the sums, i32 or f32; `bits` are those of a weight.
//
// Narrow weights share bytes. A byte of 4-bit weights is 16 * low + high of the same element; one of 2-bit weights
// holds two such pairs, of an even and the next odd step: (4 * low + high) << 4 | (4 * low' + high') & 15. Only `high`
// is isolated in registers. `low` is used with `high` still in it, and the finished sums are subtracted from each
// other: that is cheaper than masking, and exact.

export const FLOAT = 32;
export const INT8 = 8;
export const INT4 = 4;
export const INT2 = 2;

/** Elements of one step. */
@inline
export function stepLength<T>(): i32 {
  return isFloat<T>() ? 1 : ASC_FEATURE_RELAXED_SIMD ? 4 : 2;
}

/** Bytes of the weights of one step: 8 channels of `bits` bits. */
@inline
export function stepBytes<T>(bits: i32): i32 {
  return stepLength<T>() * bits;
}

/**
 * First four channels of step 0 or 1. `again` equals `weights` in a second variable, so that a pair of 2-bit steps is
 * loaded twice instead of occupying a register.
 */
@inline
export function lowWeights<T>(weights: usize, again: usize, step: i32, bits: i32): v128 {
  if (isFloat<T>()) return step ? v128.load(weights, 32) : v128.load(weights);
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (bits == INT8) return step ? v128.load(weights, 32) : v128.load(weights);
    if (bits == INT4) return v128.load(weights + 16 * step);
    if (step) return times4(times4(v128.load(again)));
    return v128.and(v128.load(weights), i8x16.splat(<i8>0xf0));
  }
  if (bits == INT8) return step ? v128.load8x8_s(weights, 16) : v128.load8x8_s(weights);
  if (bits == INT4) return v128.load8x8_s(weights + 8 * step);
  if (step) return i16x8.shr_s(i16x8.shl(v128.load8x8_s(again), 12), 12);
  return i16x8.shr_s(v128.load8x8_s(weights), 4);
}

/** Last four channels of step 0 or 1; `low` is the step's lowWeights. */
@inline
export function highWeights<T>(weights: usize, low: v128, step: i32, bits: i32): v128 {
  if (isFloat<T>()) return step ? v128.load(weights, 48) : v128.load(weights, 16);
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (bits == INT8) return step ? v128.load(weights, 48) : v128.load(weights, 16);
    if (bits == INT4) return times4(times4(low));
    return times4(low);
  }
  if (bits == INT8) return step ? v128.load8x8_s(weights, 24) : v128.load8x8_s(weights, 8);
  if (bits == INT4) return i16x8.shr_s(i16x8.shl(low, 12), 12);
  return i16x8.shr_s(i16x8.shl(low, 14), 14);
}

/** Bytes shifted left by 2: additions run beside the dot products, shifts of bytes do not exist. */
@inline
function times4(bytes: v128): v128 {
  const twice = i8x16.add(bytes, bytes);
  return i8x16.add(twice, twice);
}

/**
 * Multiply-accumulate: to the sum of each of four channels, its weights of a step times the splatted activations. With
 * relaxed SIMD, f32 are rounded once where the machine can.
 */
@inline
export function mac<T>(weights: v128, activations: v128, sums: v128): v128 {
  if (isFloat<T>()) {
    if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(weights, activations, sums);
    return f32x4.add(sums, f32x4.mul(weights, activations));
  }
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(weights, activations, sums);
  return i32x4.add(sums, i32x4.dot_i16x8_s(weights, activations));
}

/** What the sums of the first four channels stand for. */
@inline
export function lowSum(low: v128, high: v128, bits: i32): v128 {
  if (bits == INT8) return low;
  if (ASC_FEATURE_RELAXED_SIMD) {
    return i32x4.shr_s(i32x4.sub(low, i32x4.shr_s(high, bits)), 8 - bits);
  }
  return i32x4.shr_s(i32x4.sub(low, high), bits);
}

/** What the sums of the last four channels stand for. */
@inline
export function highSum(high: v128, bits: i32): v128 {
  return ASC_FEATURE_RELAXED_SIMD && bits != INT8 ? i32x4.shr_s(high, 8 - bits) : high;
}
