import { copyBytes, fillBytes } from './bytes';

@unmanaged
class RemapParameters {
  input: usize;
  output: usize;
  size1: i32;
  size2: i32;
  size3: i32;
  bytes: i32; // of one run
  offsets0: usize; // i32 for each index of dimension 0 of the output: bytes into the input, negative where it is filled
  offsets1: usize;
  offsets2: usize;
  offsets3: usize;
  fill: i32; // four bytes, repeated
}

/**
 * A dense output of size0 x size1 x size2 x size3 runs of bytes, each copied from a place that is the sum of four table
 * entries, or filled where one of them is negative. A unit is size3 runs.
 *
 *     for i0, i1, i2, i3, j in 0..bytes:
 *       output[i0, i1, i2, i3, j] = any offset negative ? fill[j % 4]
 *         : input[offsets0[i0] + offsets1[i1] + offsets2[i2] + offsets3[i3] + j]
 */
export function u8_remap(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<RemapParameters>(parameters);
  const bytes = p.bytes;
  const offsets3 = p.offsets3;
  const offsetsEnd = offsets3 + (p.size3 << 2);
  for (let unit = begin; unit < end; unit++) {
    const i01 = unit / p.size2;
    const i0 = i01 / p.size1;
    const offset0 = load<i32>(p.offsets0 + (i0 << 2));
    const offset1 = load<i32>(p.offsets1 + ((i01 - i0 * p.size1) << 2));
    const offset2 = load<i32>(p.offsets2 + ((unit - i01 * p.size2) << 2));
    let output = p.output + unit * p.size3 * bytes;
    if ((offset0 | offset1 | offset2) < 0) {
      fillBytes(output, p.fill, p.size3 * bytes);
      continue;
    }
    const base = p.input + offset0 + offset1 + offset2;
    for (let entry = offsets3; entry < offsetsEnd; entry += 4, output += bytes) {
      const offset = load<i32>(entry);
      if (offset < 0) fillBytes(output, p.fill, bytes);
      else copyBytes(output, base + offset, bytes);
    }
  }
}
