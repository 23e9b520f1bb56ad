import { storeBytes } from '../../store';

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
