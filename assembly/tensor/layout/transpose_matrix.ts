import { interleaveHighBytes, interleaveLowBytes } from '../../lanes';
import { storeBytes, storeWords } from '../../store';

@unmanaged
class MatrixTransposeParameters {
  input: usize;
  output: usize;
  rows: i32;
  columns: i32;
}

/** Columns of the input in a work unit. */
@inline
const COLUMNS: i32 = 16;

/** Stores the two rows of 8 bytes in `value`, of each the first `rows` bytes; one row where `columns` is 1. */
@inline
function storePair(output: usize, stride: usize, value: v128, rows: i32, columns: i32): void {
  storeBytes(output, value, rows);
  if (columns > 1) storeBytes(output + stride, i64x2.shuffle(value, value, 1, 1), rows);
}

/** Up to 8 rows and 8 columns of bytes; rows beyond the last repeat it. */
export function byteBlock(input: usize, inputStride: i32, output: usize, outputStride: i32, rows: i32, columns: i32): void {
  const last = rows - 1;
  const r0 = v128.load64_zero(input);
  const r1 = v128.load64_zero(input + inputStride * min(1, last));
  const r2 = v128.load64_zero(input + inputStride * min(2, last));
  const r3 = v128.load64_zero(input + inputStride * min(3, last));
  const r4 = v128.load64_zero(input + inputStride * min(4, last));
  const r5 = v128.load64_zero(input + inputStride * min(5, last));
  const r6 = v128.load64_zero(input + inputStride * min(6, last));
  const r7 = v128.load64_zero(input + inputStride * min(7, last));
  const even0 = interleaveLowBytes(r0, r4);
  const odd0 = interleaveLowBytes(r1, r5);
  const even1 = interleaveLowBytes(r2, r6);
  const odd1 = interleaveLowBytes(r3, r7);
  const evenLow = interleaveLowBytes(even0, even1);
  const evenHigh = interleaveHighBytes(even0, even1);
  const oddLow = interleaveLowBytes(odd0, odd1);
  const oddHigh = interleaveHighBytes(odd0, odd1);
  const size = min(8, rows);
  const two: usize = outputStride << 1;
  storePair(output, outputStride, interleaveLowBytes(evenLow, oddLow), size, columns);
  if (columns > 2) storePair(output + two, outputStride, interleaveHighBytes(evenLow, oddLow), size, columns - 2);
  if (columns > 4) storePair(output + 2 * two, outputStride, interleaveLowBytes(evenHigh, oddHigh), size, columns - 4);
  if (columns > 6) storePair(output + 3 * two, outputStride, interleaveHighBytes(evenHigh, oddHigh), size, columns - 6);
}

/** Up to 4 rows and 4 columns of words; rows beyond the last repeat it. */
function wordBlock(input: usize, inputStride: i32, output: usize, outputStride: i32, rows: i32, columns: i32): void {
  const last = rows - 1;
  const r0 = v128.load(input);
  const r1 = v128.load(input + inputStride * min(1, last));
  const r2 = v128.load(input + inputStride * min(2, last));
  const r3 = v128.load(input + inputStride * min(3, last));
  const low0 = i32x4.shuffle(r0, r1, 0, 4, 1, 5);
  const low1 = i32x4.shuffle(r2, r3, 0, 4, 1, 5);
  const high0 = i32x4.shuffle(r0, r1, 2, 6, 3, 7);
  const high1 = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
  storeWords(output, i64x2.shuffle(low0, low1, 0, 2), rows);
  if (columns > 1) storeWords(output + outputStride, i64x2.shuffle(low0, low1, 1, 3), rows);
  if (columns > 2) storeWords(output + 2 * outputStride, i64x2.shuffle(high0, high1, 0, 2), rows);
  if (columns > 3) storeWords(output + 3 * outputStride, i64x2.shuffle(high0, high1, 1, 3), rows);
}

/** Blocks of 8 x 8 bytes or 4 x 4 words. */
function transposeMatrix<T>(p: MatrixTransposeParameters, begin: i32, end: i32): void {
  const side = sizeof<T>() == 1 ? 8 : 4;
  const rows = p.rows;
  const columns = p.columns;
  const inputStride = columns << alignof<T>();
  const outputStride = rows << alignof<T>();
  const groups = (columns + COLUMNS - 1) / COLUMNS;
  for (let unit = begin; unit < end; unit++) {
    const matrix = unit / groups;
    const first = (unit - matrix * groups) * COLUMNS;
    const last = min(first + COLUMNS, columns);
    const input = p.input + ((matrix * rows * columns) << alignof<T>());
    const output = p.output + ((matrix * rows * columns) << alignof<T>());
    for (let row = 0; row < rows; row += side) {
      for (let column = first; column < last; column += side) {
        const source = input + row * inputStride + (column << alignof<T>());
        const target = output + column * outputStride + (row << alignof<T>());
        if (sizeof<T>() == 1) byteBlock(source, inputStride, target, outputStride, rows - row, last - column);
        else wordBlock(source, inputStride, target, outputStride, rows - row, last - column);
      }
    }
  }
}

/**
 * Transposes matrices of bytes, which is also NCHW <-> NHWC. A unit is 16 adjacent columns of one matrix, fewer at its
 * end.
 *
 *     for matrix, row, column: output[matrix, column, row] = input[matrix, row, column]
 */
export function u8_transpose_matrix(parameters: usize, begin: i32, end: i32): void {
  transposeMatrix<u8>(changetype<MatrixTransposeParameters>(parameters), begin, end);
}

/** The same for elements of 4 bytes. */
export function f32_transpose_matrix(parameters: usize, begin: i32, end: i32): void {
  transposeMatrix<u32>(changetype<MatrixTransposeParameters>(parameters), begin, end);
}
