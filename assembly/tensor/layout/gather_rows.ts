import { copyBytes } from '../lanes';

@unmanaged
class GatherRowsParameters {
  input: usize;
  /** i32[count]. */
  indices: usize;
  output: usize;
  bytes: i32;
  /** Rows of one outer block of the input. */
  limit: i32;
  count: i32;
}

/**
 * Picks rows of bytes by index. Indices from -limit to -1 count from the end, others outside 0..limit are clamped. A
 * unit is one output row.
 *
 *     for outer, i in 0..count: output[outer, i] = input[outer, indices[i]]
 */
export function u8_gather_rows(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<GatherRowsParameters>(parameters);
  const limit = p.limit;
  for (let unit = begin; unit < end; unit++) {
    const outer = unit / p.count;
    let index = load<i32>(p.indices + ((unit - outer * p.count) << 2));
    if (index < 0) index += limit;
    index = min(max(index, 0), limit - 1);
    copyBytes(p.output + unit * p.bytes, p.input + (outer * limit + index) * p.bytes, p.bytes);
  }
}
