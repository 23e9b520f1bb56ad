import { fillBytes, SPAN, spanEnd } from '../lanes';

@unmanaged
class FillParameters {
  output: usize;
  /** Bytes. */
  elements: i32;
  /** Four bytes, the first lowest. */
  pattern: i32;
}

/**
 * Repeats four bytes. A unit is 1024 bytes.
 *
 *     for i in 0..elements: output[i] = byte i % 4 of pattern
 */
export function u8_fill(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<FillParameters>(parameters);
  const first = begin * SPAN;
  fillBytes(p.output + first, p.pattern, spanEnd(end, p.elements) - first);
}
