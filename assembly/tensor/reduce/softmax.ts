import { exponential, logarithm } from '../exponential';
import { storeWords } from '../lanes';
import { largestLane, sumOfLanes, withinCount } from './lanes';

@unmanaged
class SoftmaxParameters {
  input: usize;
  output: usize;
  axis: i32;
  inner: i32;
}

/** Softmax of one contiguous row. */
function rowSoftmax(input: usize, output: usize, count: i32, logarithmic: bool): void {
  const lowest = f32x4.splat(-Infinity);
  let largest = lowest;
  for (let i = 0; i < count; i += 4) {
    const value = v128.load(input + (i << 2));
    largest = f32x4.max(largest, v128.bitselect(value, lowest, withinCount(count - i)));
  }
  largest = largestLane(largest);
  let sum = f32x4.splat(0);
  for (let i = 0; i < count; i += 4) {
    const value = exponential(f32x4.sub(v128.load(input + (i << 2)), largest));
    sum = f32x4.add(sum, v128.and(value, withinCount(count - i)));
    if (!logarithmic) storeWords(output + (i << 2), value, count - i);
  }
  sum = sumOfLanes(sum);
  if (logarithmic) {
    const log = logarithm(sum);
    for (let i = 0; i < count; i += 4) {
      const value = f32x4.sub(f32x4.sub(v128.load(input + (i << 2)), largest), log);
      storeWords(output + (i << 2), value, count - i);
    }
  } else {
    const factor = f32x4.div(f32x4.splat(1), sum);
    for (let i = 0; i < count; i += 4) {
      storeWords(output + (i << 2), f32x4.mul(v128.load(output + (i << 2)), factor), count - i);
    }
  }
}

/** Softmax of up to four adjacent columns, whose elements are `stride` bytes apart. */
function columnSoftmax(
  input: usize, output: usize, count: i32, stride: usize, columns: i32, logarithmic: bool,
): void {
  const length = <usize>count * stride;
  let largest = v128.load(input);
  for (let at = stride; at < length; at += stride) largest = f32x4.max(largest, v128.load(input + at));
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < length; at += stride) {
    const value = exponential(f32x4.sub(v128.load(input + at), largest));
    sum = f32x4.add(sum, value);
    if (!logarithmic) storeWords(output + at, value, columns);
  }
  if (logarithmic) {
    const log = logarithm(sum);
    for (let at: usize = 0; at < length; at += stride) {
      storeWords(output + at, f32x4.sub(f32x4.sub(v128.load(input + at), largest), log), columns);
    }
  } else {
    const factor = f32x4.div(f32x4.splat(1), sum);
    for (let at: usize = 0; at < length; at += stride) {
      storeWords(output + at, f32x4.mul(v128.load(output + at), factor), columns);
    }
  }
}

function softmax(p: SoftmaxParameters, begin: i32, end: i32, logarithmic: bool): void {
  const inner = p.inner;
  const groups = (inner + 3) / 4;
  for (let unit = begin; unit < end; unit++) {
    const outer = unit / groups;
    const column = (unit - outer * groups) * 4;
    const first: usize = (outer * p.axis * inner + column) << 2;
    const input = p.input + first;
    const output = p.output + first;
    if (inner == 1) rowSoftmax(input, output, p.axis, logarithmic);
    else columnSoftmax(input, output, p.axis, inner << 2, inner - column, logarithmic);
  }
}

/**
 * Softmax over the middle of [outer, axis, inner]. `output` may be `input`. A unit is one row where inner is 1, else
 * up to four adjacent columns.
 *
 *     for outer, inner, over the axis:
 *       e[i] = exp(input[i] - max(input)); output[i] = e[i] / sum(e)
 */
export function f32_softmax(parameters: usize, begin: i32, end: i32): void {
  softmax(changetype<SoftmaxParameters>(parameters), begin, end, false);
}

/** The same for input[i] - max(input) - log(sum(e)). */
export function f32_log_softmax(parameters: usize, begin: i32, end: i32): void {
  softmax(changetype<SoftmaxParameters>(parameters), begin, end, true);
}
