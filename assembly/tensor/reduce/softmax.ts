import { largestLane, sumOfLanes, withinCount } from '../../lanes';
import { storeWords } from '../../store';
import { mapByExponential, Via } from '../exponential';
import { logarithm } from '../logarithm';

@unmanaged
class SoftmaxParameters {
  input: usize;
  output: usize;
  axis: i32; // elements of one softmax
  inner: i32; // elements between them
}

/** The largest of each of four columns of f32, `step` bytes apart. */
function largestOfColumns(input: usize, stop: usize, step: usize): v128 {
  let largest = f32x4.splat(-Infinity);
  for (; input < stop; input += step) largest = f32x4.pmax(largest, v128.load(input));
  return largest;
}

/** The largest element of a row, in all lanes. */
function largestOfRow(input: usize, count: i32): v128 {
  const full = input + ((count & ~3) << 2);
  const largest = largestOfColumns(input, full, 16);
  const rest = v128.bitselect(v128.load(full), f32x4.splat(-Infinity), withinCount(count & 3));
  return largestLane(f32x4.pmax(largest, rest));
}

/** Softmax of up to four adjacent columns of [axis, inner], or with inner 1 of one row. */
function softmaxOf(input: usize, output: usize, p: SoftmaxParameters, columns: i32, zero: v128): void {
  const isRow = p.inner == 1;
  const step: usize = isRow ? 16 : p.inner << 2;
  const bytes: usize = (p.axis * p.inner) << 2;
  const stop = output + bytes;
  const largest = isRow ? largestOfRow(input, p.axis) : largestOfColumns(input, input + bytes, step);
  let sum = mapByExponential(Via.Softmax, input, output, stop, step, columns, largest, zero);
  if (isRow) sum = sumOfLanes(sum);
  const factor = f32x4.div(f32x4.splat(1), sum);
  for (; output < stop; output += step) {
    storeWords(output, f32x4.mul(v128.load(output), factor), min(columns, <i32>(stop - output) >> 2));
  }
}

/** The same for the logarithm. */
function logSoftmaxOf(input: usize, output: usize, p: SoftmaxParameters, columns: i32, zero: v128): void {
  const isRow = p.inner == 1;
  const step: usize = isRow ? 16 : p.inner << 2;
  const bytes: usize = (p.axis * p.inner) << 2;
  const stop = output + bytes;
  const largest = isRow ? largestOfRow(input, p.axis) : largestOfColumns(input, input + bytes, step);
  let sum = mapByExponential(Via.LogSoftmax, input, output, stop, step, columns, largest, zero);
  if (isRow) sum = sumOfLanes(sum);
  const log = logarithm(sum);
  for (; output < stop; input += step, output += step) {
    const value = f32x4.sub(f32x4.sub(v128.load(input), largest), log);
    storeWords(output, value, min(columns, <i32>(stop - output) >> 2));
  }
}

function softmax(p: SoftmaxParameters, begin: i32, end: i32, logarithmic: bool): void {
  const inner = p.inner;
  const groups = (inner + 3) / 4;
  // Units are not negative, which the compiler does not know.
  const zero = i32x4.splat(begin >> 31);
  for (let unit = begin; unit < end; unit++) {
    const outer = unit / groups;
    const column = (unit - outer * groups) * 4;
    const first: usize = (outer * p.axis * inner + column) << 2;
    const input = p.input + first;
    const output = p.output + first;
    const columns = inner == 1 ? 4 : inner - column;
    if (logarithmic) logSoftmaxOf(input, output, p, columns, zero);
    else softmaxOf(input, output, p, columns, zero);
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
