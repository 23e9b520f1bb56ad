import { largestLane, smallestLane, sumOfLanes, withinCount } from '../../lanes';
import { storeWords } from '../../store';

@unmanaged
class ReduceParameters {
  input: usize;
  output: usize;
  reduce: i32; // elements that become one
  inner: i32; // elements between them
}

const enum Reduction {
  Sum,
  Mean,
  Maximum,
  Minimum,
}

/** The value that changes no result. */
@inline
function neutral(reduction: Reduction): v128 {
  if (reduction == Reduction.Maximum) return f32x4.splat(-Infinity);
  if (reduction == Reduction.Minimum) return f32x4.splat(Infinity);
  return f32x4.splat(0);
}

@inline
function combine(reduction: Reduction, total: v128, value: v128): v128 {
  if (reduction == Reduction.Maximum) return f32x4.max(total, value);
  if (reduction == Reduction.Minimum) return f32x4.min(total, value);
  return f32x4.add(total, value);
}

@inline
function acrossLanes(reduction: Reduction, total: v128): v128 {
  if (reduction == Reduction.Maximum) return largestLane(total);
  if (reduction == Reduction.Minimum) return smallestLane(total);
  return sumOfLanes(total);
}

@inline
function finish(reduction: Reduction, total: v128, count: i32): v128 {
  if (reduction == Reduction.Mean) return f32x4.div(total, f32x4.splat(<f32>count));
  return total;
}

@inline
function reduceRow(reduction: Reduction, input: usize, count: i32): v128 {
  const identity = neutral(reduction);
  let total0 = identity, total1 = identity;
  let i = 0;
  for (; i + 8 <= count; i += 8) {
    total0 = combine(reduction, total0, v128.load(input + (i << 2)));
    total1 = combine(reduction, total1, v128.load(input + (i << 2), 16));
  }
  for (; i < count; i += 4) {
    const value = v128.bitselect(v128.load(input + (i << 2)), identity, withinCount(count - i));
    total0 = combine(reduction, total0, value);
  }
  return acrossLanes(reduction, combine(reduction, total0, total1));
}

@inline
function reduceColumns(reduction: Reduction, input: usize, count: i32, stride: usize): v128 {
  let total = neutral(reduction);
  for (; count > 0; count--, input += stride) total = combine(reduction, total, v128.load(input));
  return total;
}

@inline
function reduce(reduction: Reduction, p: ReduceParameters, begin: i32, end: i32): void {
  const inner = p.inner;
  const count = p.reduce;
  const groups = (inner + 3) / 4;
  for (let unit = begin; unit < end; unit++) {
    const outer = unit / groups;
    const column = (unit - outer * groups) * 4;
    const input = p.input + ((outer * count * inner + column) << 2);
    const output = p.output + ((outer * inner + column) << 2);
    const total = inner == 1
      ? reduceRow(reduction, input, count)
      : reduceColumns(reduction, input, count, inner << 2);
    storeWords(output, finish(reduction, total, count), inner - column);
  }
}

/**
 * Sums over the middle of [outer, reduce, inner]. A unit is one row where inner is 1, else up to four adjacent columns.
 *
 *     for o, i: output[o, i] = sum over r of input[o, r, i]
 */
export function f32_reduce_sum(parameters: usize, begin: i32, end: i32): void {
  reduce(Reduction.Sum, changetype<ReduceParameters>(parameters), begin, end);
}

/** The same for the mean: the sum divided by `reduce`. */
export function f32_reduce_mean(parameters: usize, begin: i32, end: i32): void {
  reduce(Reduction.Mean, changetype<ReduceParameters>(parameters), begin, end);
}

/** The same for the maximum, NaN if any is; -Infinity of nothing. */
export function f32_reduce_max(parameters: usize, begin: i32, end: i32): void {
  reduce(Reduction.Maximum, changetype<ReduceParameters>(parameters), begin, end);
}

/** The same for the minimum, NaN if any is; Infinity of nothing. */
export function f32_reduce_min(parameters: usize, begin: i32, end: i32): void {
  reduce(Reduction.Minimum, changetype<ReduceParameters>(parameters), begin, end);
}
