import { broadcast, IntegerBinaryParameters, Operation } from './broadcast';

/**
 * Requantized sums of u8. `output` may be an operand of the same shape. A unit is 1024 adjacent elements of the output.
 *
 *     x = f32(a[i . aStride] - aZeroPoint), y = f32(b[i . bStride] - bZeroPoint)
 *     output[i] = clamp(roundHalfEven(f32(f32(x * aMultiplier) + f32(y * bMultiplier))) + zeroPoint, minimum, maximum)
 */
export function u8_add(parameters: usize, begin: i32, end: i32): void {
  broadcast<u8>(changetype<IntegerBinaryParameters>(parameters), begin, end, Operation.Add);
}

/** The same for f32(x * aMultiplier) - f32(y * bMultiplier). */
export function u8_sub(parameters: usize, begin: i32, end: i32): void {
  broadcast<u8>(changetype<IntegerBinaryParameters>(parameters), begin, end, Operation.Subtract);
}

/** The same for f32(x * y) * aMultiplier. */
export function u8_mul(parameters: usize, begin: i32, end: i32): void {
  broadcast<u8>(changetype<IntegerBinaryParameters>(parameters), begin, end, Operation.Multiply);
}
