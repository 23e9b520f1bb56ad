import { broadcast, FloatBinaryParameters, Operation } from './broadcast';

/**
 * f32 sums. `output` may be an operand of the same shape. A unit is 1024 adjacent elements of the output.
 *
 *     for each index i of the output:
 *       output[i] = min(max(a[i . aStride] + b[i . bStride], minimum), maximum), NaN stays NaN
 */
export function f32_add(parameters: usize, begin: i32, end: i32): void {
  broadcast<f32>(changetype<FloatBinaryParameters>(parameters), begin, end, Operation.Add);
}

/** The same for a - b. */
export function f32_sub(parameters: usize, begin: i32, end: i32): void {
  broadcast<f32>(changetype<FloatBinaryParameters>(parameters), begin, end, Operation.Subtract);
}

/** The same for a * b. */
export function f32_mul(parameters: usize, begin: i32, end: i32): void {
  broadcast<f32>(changetype<FloatBinaryParameters>(parameters), begin, end, Operation.Multiply);
}

/** The same for a / b. */
export function f32_div(parameters: usize, begin: i32, end: i32): void {
  broadcast<f32>(changetype<FloatBinaryParameters>(parameters), begin, end, Operation.Divide);
}

/** The same for the smaller of a and b. */
export function f32_min(parameters: usize, begin: i32, end: i32): void {
  broadcast<f32>(changetype<FloatBinaryParameters>(parameters), begin, end, Operation.Minimum);
}

/** The same for the larger of a and b. */
export function f32_max(parameters: usize, begin: i32, end: i32): void {
  broadcast<f32>(changetype<FloatBinaryParameters>(parameters), begin, end, Operation.Maximum);
}

/** The same for a to the power b, as the C function pow has it. */
export function f32_pow(parameters: usize, begin: i32, end: i32): void {
  broadcast<f32>(changetype<FloatBinaryParameters>(parameters), begin, end, Operation.Power);
}
