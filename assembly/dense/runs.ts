// Runs of u8 elements on their way into scratch. `mode` is that of StageParameters.

export const FLIPPED = 1;
export const WIDENED = 2;

/** Bytes of one staged element. */
@inline
export function stagedBytes(mode: i32): i32 {
  return mode == WIDENED ? 2 : 1;
}

/** Writes `count` staged elements of the u8 `value`. */
export function fillRun(target: usize, count: i32, value: i32, mode: i32): void {
  if (mode != WIDENED) {
    memory.fill(target, <u8>(mode == FLIPPED ? value ^ 0x80 : value), count);
    return;
  }
  for (const end = target + (<usize>count << 1); target < end; target += 2) store<i16>(target, <i16>value);
}

/** Writes `count` staged elements from the u8 elements at `source`. */
export function copyRun(source: usize, target: usize, count: i32, mode: i32): void {
  if (mode == WIDENED) widenRun(source, target, count);
  else if (mode == FLIPPED) flipRun(source, target, count);
  else memory.copy(target, source, count);
}

function flipRun(source: usize, target: usize, count: i32): void {
  const end = source + count;
  for (; source + 16 <= end; source += 16, target += 16) {
    v128.store(target, v128.xor(v128.load(source), i8x16.splat(<i8>0x80)));
  }
  for (; source < end; source++, target++) store<u8>(target, load<u8>(source) ^ 0x80);
}

function widenRun(source: usize, target: usize, count: i32): void {
  const end = source + count;
  for (; source + 16 <= end; source += 16, target += 32) {
    v128.store(target, v128.load8x8_u(source));
    v128.store(target, v128.load8x8_u(source, 8), 16);
  }
  for (; source < end; source++, target += 2) store<i16>(target, <i16>load<u8>(source));
}
