import { SPAN, spanEnd } from '../lanes';

@unmanaged
class LookupParameters {
  input: usize;
  output: usize;
  elements: i32;
  /** 256 bytes. */
  table: usize;
}

/** Table entry of byte number `shift / 8` of a word, moved to that byte. */
// @ts-ignore: decorator
@inline
function entry(table: usize, word: u64, shift: u64): u64 {
  return <u64>load<u8>(table + <usize>((word >> shift) & 255)) << shift;
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
    const word = load<u64>(input);
    const low = entry(table, word, 0) | entry(table, word, 8) | entry(table, word, 16) | entry(table, word, 24);
    const high = entry(table, word, 32) | entry(table, word, 40) | entry(table, word, 48) | entry(table, word, 56);
    store<u64>(output, low | high);
  }
  for (; output < stop; input++, output++) store<u8>(output, load<u8>(table + load<u8>(input)));
}
