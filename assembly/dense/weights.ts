// Packed integer weights in registers, and what their dot products mean.
//
// A step is what one 32-bit splat of activations multiplies: 4 elements of 8 bits with relaxed SIMD, 2 elements
// of 16 bits without. Of the 8 output channels of a block, `low` are the first four, `high` the last four.
//
// Narrow weights share bytes. A byte of 4-bit weights is 16 * low + high of the same element; one of 2-bit
// weights holds two such pairs, of an even and the next odd step: (4 * low + high) << 4 | (4 * low' + high') & 15.
// Only `high` is isolated in registers. `low` is used with `high` still in it, and the finished sums are
// subtracted from each other: that is cheaper than masking, and exact.

export const INT8 = 8;
export const INT4 = 4;
export const INT2 = 2;

/** Bytes of one step of 8 channels. */
@inline
export function stepBytes(bits: i32): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? bits << 2 : bits << 1;
}

/** Elements of one step. */
@inline
export function stepLength(): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? 4 : 2;
}

/** Bytes of an activation. */
@inline
export function activationBytes(): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? 1 : 2;
}

/**
 * First four channels of step 0 or 1. `again` equals `weights` in a second variable, so that a pair of 2-bit
 * steps is loaded twice instead of occupying a register.
 */
@inline
export function lowWeights(weights: usize, again: usize, step: i32, bits: i32): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (bits == INT8) return v128.load(weights + 32 * step);
    if (bits == INT4) return v128.load(weights + 16 * step);
    if (step) return times4(times4(v128.load(again)));
    return v128.and(v128.load(weights), i8x16.splat(<i8>0xf0));
  }
  if (bits == INT8) return v128.load8x8_s(weights + 16 * step);
  if (bits == INT4) return v128.load8x8_s(weights + 8 * step);
  if (step) return i16x8.shr_s(i16x8.shl(v128.load8x8_s(again), 12), 12);
  return i16x8.shr_s(v128.load8x8_s(weights), 4);
}

/** Last four channels of step 0 or 1; `low` is the step's lowWeights. */
@inline
export function highWeights(weights: usize, low: v128, step: i32, bits: i32): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (bits == INT8) return v128.load(weights + 32 * step + 16);
    if (bits == INT4) return times4(times4(low));
    return times4(low);
  }
  if (bits == INT8) return v128.load8x8_s(weights + 16 * step + 8);
  if (bits == INT4) return i16x8.shr_s(i16x8.shl(low, 12), 12);
  return i16x8.shr_s(i16x8.shl(low, 14), 14);
}

/** Bytes shifted left by 2: additions run beside the dot products, shifts of bytes do not exist. */
@inline
function times4(bytes: v128): v128 {
  const twice = i8x16.add(bytes, bytes);
  return i8x16.add(twice, twice);
}

/** accumulator + dot product of each channel's step with the splatted activations. */
@inline
export function dot(weights: v128, activations: v128, accumulator: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    return i32x4.relaxed_dot_i8x16_i7x16_add_s(weights, activations, accumulator);
  }
  return i32x4.add(accumulator, i32x4.dot_i16x8_s(weights, activations));
}

/** What the accumulator of the first four channels stands for. */
@inline
export function lowSum(low: v128, high: v128, bits: i32): v128 {
  if (bits == INT8) return low;
  if (ASC_FEATURE_RELAXED_SIMD) {
    return i32x4.shr_s(i32x4.sub(low, i32x4.shr_s(high, bits)), 8 - bits);
  }
  return i32x4.shr_s(i32x4.sub(low, high), bits);
}

/** What the accumulator of the last four channels stands for. */
@inline
export function highSum(high: v128, bits: i32): v128 {
  return ASC_FEATURE_RELAXED_SIMD && bits != INT8 ? i32x4.shr_s(high, 8 - bits) : high;
}
