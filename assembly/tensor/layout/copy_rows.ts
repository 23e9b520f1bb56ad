import { copyBytes } from './bytes';

@unmanaged
class CopyRowsParameters {
  input: usize;
  output: usize;
  bytes: i32; // of one row
  inputStride: i32; // bytes between rows
  outputStride: i32;
}

/**
 * Copies rows of bytes. A unit is one row.
 *
 *     for row, i in 0..bytes: output[row * outputStride + i] = input[row * inputStride + i]
 */
export function u8_copy_rows(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<CopyRowsParameters>(parameters);
  let input = p.input + begin * p.inputStride;
  let output = p.output + begin * p.outputStride;
  for (let row = begin; row < end; row++, input += p.inputStride, output += p.outputStride) {
    copyBytes(output, input, p.bytes);
  }
}
