import { FLIPPED } from '../dense/runs';
import { largestLane } from '../lanes';
import { narrow } from '../quantization';

// 255 * 2^x for x from -0.5 to 0.5 by its power series.
const C0: f32 = 255, C1: f32 = 176.75253, C2: f32 = 61.2577547, C3: f32 = 14.1535494, C4: f32 = 2.4526221;

/** 1.5 * 2^23: adding it to |x| < 2^22 leaves x, rounded half to even, in the low bits of the sum. */
const ROUNDING: f32 = 12582912.0;
const ROUNDING_BITS: i32 = 0x4b400000;

/** A score below all others. */
const NOTHING: f32 = -3.4e38;

/**
 * A constant that stays in a register: engines build a literal vector anew at each use. `zero` is a zero that the
 * compiler cannot know.
 */
@inline
function kept(value: f32, zero: v128): v128 {
  return v128.or(f32x4.splat(value), zero);
}

/** Fills a row of scores up with none, and returns the largest one in all lanes. */
export function largestScore(scores: usize, count: i32, pitch: i32): v128 {
  const end = scores + (<usize>pitch << 2);
  for (let at = scores + (<usize>count << 2); at < end; at += 4) store<f32>(at, -Infinity);
  let largest = f32x4.splat(NOTHING);
  for (; scores < end; scores += 16) largest = f32x4.pmax(largest, v128.load(scores));
  return largestLane(largest);
}

/** round(255 * 2^(t - largest)) of four scores as i32, every step rounded to f32. */
@inline
function weightsOf(
  scores: usize, largest: v128, least: v128, rounding: v128, c0: v128, c1: v128, c2: v128, c3: v128, c4: v128,
): v128 {
  const y = f32x4.pmax(least, f32x4.sub(v128.load(scores), largest));
  const shifted = f32x4.add(y, rounding);
  const rest = f32x4.sub(y, f32x4.sub(shifted, rounding));
  let power = f32x4.add(f32x4.mul(c4, rest), c3);
  power = f32x4.add(f32x4.mul(power, rest), c2);
  power = f32x4.add(f32x4.mul(power, rest), c1);
  power = f32x4.add(f32x4.mul(power, rest), c0);
  power = i32x4.add(power, i32x4.shl(shifted, 23));
  return i32x4.sub(f32x4.add(power, rounding), i32x4.splat(ROUNDING_BITS));
}

/** Stores sixteen u8 as dot products read activations. */
@inline
function storeStaged(target: usize, bytes: v128, flip: v128): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    v128.store(target, v128.xor(bytes, flip));
  } else {
    v128.store(target, i16x8.extend_low_i8x16_u(bytes));
    v128.store(target, i16x8.extend_high_i8x16_u(bytes), 16);
  }
}

/** Turns `pitch` scores, a multiple of 16, into u8 weights of which the largest is 255; returns their sum. */
export function weigh(scores: usize, pitch: i32, largest: v128, target: usize, mode: i32): i32 {
  // Pitches are not negative, which the compiler does not know.
  const zero = i32x4.splat(pitch >> 31);
  const c0 = kept(C0, zero), c1 = kept(C1, zero), c2 = kept(C2, zero), c3 = kept(C3, zero), c4 = kept(C4, zero);
  const least = kept(-12, zero), rounding = kept(ROUNDING, zero);
  const flip = i8x16.splat(mode == FLIPPED ? -128 : 0);
  let sums = i32x4.splat(0);
  const end = scores + (<usize>pitch << 2);
  for (; scores < end; scores += 64, target += ASC_FEATURE_RELAXED_SIMD ? 16 : 32) {
    const w0 = weightsOf(scores, largest, least, rounding, c0, c1, c2, c3, c4);
    const w1 = weightsOf(scores + 16, largest, least, rounding, c0, c1, c2, c3, c4);
    const w2 = weightsOf(scores + 32, largest, least, rounding, c0, c1, c2, c3, c4);
    const w3 = weightsOf(scores + 48, largest, least, rounding, c0, c1, c2, c3, c4);
    sums = i32x4.add(sums, i32x4.add(i32x4.add(w0, w1), i32x4.add(w2, w3)));
    storeStaged(target, narrow(w0, w1, w2, w3), flip);
  }
  const sum = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1);
  return sum + i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3);
}

/** Adds a mask times log2(e) to `count` scores. */
export function addMask(scores: usize, mask: usize, count: i32): void {
  const factor = f32x4.splat(1.4426950408889634);
  for (const end = scores + (<usize>count << 2); scores < end; scores += 16, mask += 16) {
    v128.store(scores, f32x4.add(v128.load(scores), f32x4.mul(v128.load(mask), factor)));
  }
}
