/** Elements of the output in one work unit of an elementwise kernel. */
@inline
export const SPAN: i32 = 1024;

/** First element after the work units before `end`. */
@inline
export function spanEnd(end: i32, elements: i32): i32 {
  return min(end * SPAN, elements);
}

/** Stores the first `count` lanes of 4 bytes; 4 or more store all. */
export function storeWords(pointer: usize, value: v128, count: i32): void {
  if (count >= 4) {
    v128.store(pointer, value);
    return;
  }
  if (count & 2) {
    v128.store64_lane(pointer, value, 0);
    value = i64x2.shuffle(value, value, 1, 1);
    pointer += 8;
  }
  if (count & 1) v128.store32_lane(pointer, value, 0);
}

/** Stores the first `count` bytes; 16 or more store all. */
export function storeBytes(pointer: usize, value: v128, count: i32): void {
  if (count >= 16) {
    v128.store(pointer, value);
    return;
  }
  if (count & 8) {
    v128.store64_lane(pointer, value, 0);
    value = i64x2.shuffle(value, value, 1, 1);
    pointer += 8;
  }
  if (count & 4) {
    v128.store32_lane(pointer, value, 0);
    value = i64x2.shr_u(value, 32);
    pointer += 4;
  }
  if (count & 2) {
    v128.store16_lane(pointer, value, 0);
    value = i64x2.shr_u(value, 16);
    pointer += 2;
  }
  if (count & 1) v128.store8_lane(pointer, value, 0);
}

/** Stores the first `count` elements of type T; a full vector or more stores all. */
@inline
export function storeElements<T>(pointer: usize, value: v128, count: i32): void {
  if (sizeof<T>() == 1) storeBytes(pointer, value, count);
  else storeWords(pointer, value, count);
}

/** Copies bytes between places that do not overlap. */
export function copyBytes(output: usize, input: usize, count: i32): void {
  if (count >= 512) {
    memory.copy(output, input, count);
    return;
  }
  if (count >= 16) {
    const inputLast = input + count - 16;
    const outputLast = output + count - 16;
    for (; output < outputLast; output += 16, input += 16) v128.store(output, v128.load(input));
    v128.store(outputLast, v128.load(inputLast));
    return;
  }
  storeBytes(output, v128.load(input), count);
}

/** Writes four bytes, given as an i32, over and over. */
export function fillBytes(output: usize, pattern: i32, count: i32): void {
  const value = i32x4.splat(pattern);
  const end = output + count;
  for (; output + 16 <= end; output += 16) v128.store(output, value);
  if (output < end) storeBytes(output, value, <i32>(end - output));
}
