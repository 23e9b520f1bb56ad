import { UnaryFunction, map, UnaryParameters } from './map';

/**
 * A function of each f32; alpha and beta are read only where the formula has them. `output` may be `input`. A unit is
 * 1024 adjacent elements.
 *
 *     for i in 0..elements: output[i] = min(max(input[i], alpha), beta), NaN stays NaN
 */
export function f32_clip(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, UnaryFunction.Clip);
}

/** output = x < 0 ? alpha * x : x. */
export function f32_leaky_relu(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, UnaryFunction.LeakyRelu);
}

/** output = min(max(alpha * x + beta, 0), 1). */
export function f32_hard_sigmoid(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, UnaryFunction.HardSigmoid);
}

/** output = x * min(max(x / 6 + 0.5, 0), 1). */
export function f32_hard_swish(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, UnaryFunction.HardSwish);
}

/** output = log(x). */
export function f32_log(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, UnaryFunction.Log);
}

/** output = sqrt(x). */
export function f32_sqrt(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, UnaryFunction.Sqrt);
}

/** output = -x. */
export function f32_neg(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, UnaryFunction.Negate);
}

/** output = |x|. */
export function f32_abs(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, UnaryFunction.Abs);
}
