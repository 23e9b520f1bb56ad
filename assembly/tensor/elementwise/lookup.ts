import { SPAN, spanEnd } from '../spans';

@unmanaged
class LookupParameters {
  input: usize;
  output: usize;
  elements: i32;
  table: usize; // u8[256]
}

@inline
function lookUp(output: usize, input: usize, table: usize, offset: usize): void {
  store<u8>(output + offset, load<u8>(table + load<u8>(input + offset)));
}

/**
 * Any function of u8. `output` may be `input`. A unit is 1024 adjacent elements.
 *
 *     for i in 0..elements: output[i] = table[input[i]]
 */
export function u8_lookup(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<LookupParameters>(parameters);
  const table = p.table;
  let input = p.input + begin * SPAN;
  let output = p.output + begin * SPAN;
  const stop = p.output + spanEnd(end, p.elements);
  for (; output + 8 <= stop; input += 8, output += 8) {
    lookUp(output, input, table, 0);
    lookUp(output, input, table, 1);
    lookUp(output, input, table, 2);
    lookUp(output, input, table, 3);
    lookUp(output, input, table, 4);
    lookUp(output, input, table, 5);
    lookUp(output, input, table, 6);
    lookUp(output, input, table, 7);
  }
  for (; output < stop; input++, output++) lookUp(output, input, table, 0);
}
