@unmanaged
class GatherParameters {
  table: usize; // f32[rows][count]
  indices: usize; // whole numbers as f32
  output: usize;
  rows: i32;
  count: i32; // elements of a row
}

/**
 * Rows of a table. A unit is one index.
 *
 *     output[i] = table[indices[i]], zeros where there is no such row
 */
export function f32_gather(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<GatherParameters>(parameters);
  const bytes = p.count << 2;
  for (let unit = begin; unit < end; unit++) {
    const number = load<f32>(p.indices + (<usize>unit << 2));
    const index = <f32>0 <= number && number < <f32>p.rows ? <i32>number : -1;
    const output = p.output + <usize>unit * bytes;
    if (index >= 0 && <f32>index == number) memory.copy(output, p.table + <usize>index * bytes, bytes);
    else memory.fill(output, 0, bytes);
  }
}
