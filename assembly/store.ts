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
