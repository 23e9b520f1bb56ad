import { storeBytes } from '../store';

/** Neurons of a work unit. */
@inline
export const NEURONS: i32 = 64;

@inline
const SUBTRACT: i32 = 0;
@inline
const VALUE: i32 = 1;

/** The membrane of those lanes that `mask` selects after a reset: by the threshold, to a value, or none. */
@inline
export function resetWhere(reset: i32, resetValue: f32, mask: v128, u: v128, threshold: v128): v128 {
  if (reset == SUBTRACT) return f32x4.sub(u, v128.and(threshold, mask));
  if (reset == VALUE) return v128.bitselect(f32x4.splat(resetValue), u, mask);
  return u;
}

/** Mask of the neurons whose membranes are above their thresholds, or at them if `inclusive`. */
@inline
export function firesAt(u: v128, threshold: v128, inclusive: i32): v128 {
  return inclusive ? f32x4.ge(u, threshold) : f32x4.gt(u, threshold);
}

/** Four entries, from neuron `first` on, of a table that repeats after `period` neurons, a multiple of 4. */
@inline
export function entries(table: usize, period: i32, first: i32): v128 {
  return v128.load(table + (<usize>(first % period) << 2));
}

/** Stores a spike for each of the first `count` lanes of a mask. */
@inline
export function storeSpikes(pointer: usize, fires: v128, count: i32): void {
  const words = i16x8.narrow_i32x4_s(fires, fires);
  const bytes = v128.and(i8x16.narrow_i16x8_s(words, words), i8x16.splat(1));
  if (count >= 4) v128.store32_lane(pointer, bytes, 0);
  else storeBytes(pointer, bytes, count);
}

/** Adds to a number in memory that other threads add to as well. */
@inline
export function count(counter: usize, more: i32): void {
  if (ASC_FEATURE_THREADS) atomic.add<i32>(counter, more);
  else store<i32>(counter, load<i32>(counter) + more);
}

/** Sum of the four lanes. */
@inline
export function laneSum(x: v128): i32 {
  return i32x4.extract_lane(x, 0) + i32x4.extract_lane(x, 1) + i32x4.extract_lane(x, 2) + i32x4.extract_lane(x, 3);
}
