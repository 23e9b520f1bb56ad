import { Function, map, UnaryParameters } from './map';

/**
 * A function of each f32; alpha and beta are read only where the formula has them. `output` may be `input`. A unit is
 * 1024 adjacent elements.
 *
 *     for i in 0..elements: output[i] = min(max(input[i], alpha), beta), NaN stays NaN
 */
export function f32_clip(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.Clip);
}

/** output = x < 0 ? alpha * x : x. */
export function f32_leaky_relu(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.LeakyRelu);
}

/** output = min(max(alpha * x + beta, 0), 1). */
export function f32_hard_sigmoid(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.HardSigmoid);
}

/** output = x * min(max(x / 6 + 0.5, 0), 1). */
export function f32_hard_swish(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.HardSwish);
}

/** output = log(x). */
export function f32_log(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.Log);
}

/** output = sqrt(x). */
export function f32_sqrt(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.Sqrt);
}

/** output = 1 / x. */
export function f32_reciprocal(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.Reciprocal);
}

/** output = -x. */
export function f32_neg(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.Negate);
}

/** output = |x|. */
export function f32_abs(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.Abs);
}

/** output = floor(x). */
export function f32_floor(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.Floor);
}

/** output = ceil(x). */
export function f32_ceil(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.Ceil);
}

/** output = the nearest integer, half to even. */
export function f32_round(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.Round);
}

/** output = alpha * x + beta, rounded twice. */
export function f32_linear(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.Linear);
}

/** output = i32: truncated toward zero, saturated, NaN to 0. */
export function f32_to_i32(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.ToInteger);
}

/** output = f32 nearest to an i32. */
export function i32_to_f32(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.ToFloat);
}
