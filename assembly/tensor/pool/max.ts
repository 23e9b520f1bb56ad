import { storeElements } from '../../store';
import { firstTap, PoolParameters, tapsBefore } from './window';

@inline
function lowest<T>(): v128 {
  return isFloat<T>() ? f32x4.splat(-Infinity) : i32x4.splat(0);
}

/** The larger of both; a NaN in `value` is dropped. */
@inline
function larger<T>(best: v128, value: v128): v128 {
  return isFloat<T>() ? f32x4.pmax(best, value) : i8x16.max_u(best, value);
}

/** Marks the lanes that have met NaN. */
@inline
function markNaN<T>(marks: v128, value: v128): v128 {
  return isFloat<T>() ? v128.or(marks, f32x4.ne(value, value)) : marks;
}

/** Maximum of rows x columns vectors; overlapping vectors cover the last channels. */
function maximumOfWindow<T>(
  origin: usize, rows: i32, columns: i32, rowStep: i32, columnStep: i32, output: usize, channels: i32,
): void {
  const bytes = channels << alignof<T>();
  let c = 0;
  for (; c + 32 <= bytes; c += 32) {
    let best0 = lowest<T>(), best1 = best0;
    let marks0 = i32x4.splat(0), marks1 = marks0;
    for (let row = 0; row < rows; row++) {
      let tap = origin + c + row * rowStep;
      for (let column = columns; column > 0; column--, tap += columnStep) {
        const value0 = v128.load(tap);
        const value1 = v128.load(tap, 16);
        best0 = larger<T>(best0, value0);
        best1 = larger<T>(best1, value1);
        marks0 = markNaN<T>(marks0, value0);
        marks1 = markNaN<T>(marks1, value1);
      }
    }
    v128.store(output + c, v128.or(best0, marks0));
    v128.store(output + c, v128.or(best1, marks1), 16);
  }
  while (c < bytes) {
    if (c + 16 > bytes && bytes >= 16) c = bytes - 16;
    let best = lowest<T>();
    let marks = i32x4.splat(0);
    for (let row = 0; row < rows; row++) {
      let tap = origin + c + row * rowStep;
      for (let column = columns; column > 0; column--, tap += columnStep) {
        const value = v128.load(tap);
        best = larger<T>(best, value);
        marks = markNaN<T>(marks, value);
      }
    }
    storeElements<T>(output + c, v128.or(best, marks), (bytes - c) >> alignof<T>());
    c += 16;
  }
}

function maxPool<T>(p: PoolParameters, begin: i32, end: i32): void {
  const rowStep = (p.dilationHeight * p.inWidth * p.inputStride) << alignof<T>();
  const columnStep = (p.dilationWidth * p.inputStride) << alignof<T>();
  for (let unit = begin; unit < end; unit++) {
    const image = unit / p.outHeight;
    const top = (unit - image * p.outHeight) * p.strideHeight - p.padTop;
    const firstRow = firstTap(top, p.dilationHeight);
    const rows = tapsBefore(top, p.inHeight, p.kernelHeight, p.dilationHeight) - firstRow;
    const y = image * p.inHeight + top + firstRow * p.dilationHeight;
    let output = p.output + ((unit * p.outWidth * p.outputStride) << alignof<T>());
    let left = -p.padLeft;
    for (let x = 0; x < p.outWidth; x++, left += p.strideWidth, output += p.outputStride << alignof<T>()) {
      const firstColumn = firstTap(left, p.dilationWidth);
      const columns = tapsBefore(left, p.inWidth, p.kernelWidth, p.dilationWidth) - firstColumn;
      const pixel = y * p.inWidth + left + firstColumn * p.dilationWidth;
      const origin = p.input + ((pixel * p.inputStride) << alignof<T>());
      maximumOfWindow<T>(origin, rows, columns, rowStep, columnStep, output, p.channels);
    }
  }
}

/**
 * Maximum over a window of a channels-last image; padding never wins, a window outside the image gives 0.
 * A unit is one row of output pixels.
 *
 *     for each output pixel (y, x) and channel c:
 *       output[y, x, c] = max over (i, j) inside the image of
 *         input[y * strideHeight - padTop + i * dilationHeight, x * strideWidth - padLeft + j * dilationWidth, c]
 */
export function u8_max_pool(parameters: usize, begin: i32, end: i32): void {
  maxPool<u8>(changetype<PoolParameters>(parameters), begin, end);
}

/** The same for f32: NaN wins, a window outside the image gives -Infinity. */
export function f32_max_pool(parameters: usize, begin: i32, end: i32): void {
  maxPool<f32>(changetype<PoolParameters>(parameters), begin, end);
}
