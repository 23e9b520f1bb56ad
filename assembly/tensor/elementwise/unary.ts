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

/** output = x < 0 ? alpha * (exp(x) - 1) : x. */
export function f32_elu(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.Elu);
}

/** output = min(max(alpha * x + beta, 0), 1). */
export function f32_hard_sigmoid(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.HardSigmoid);
}

/** output = x * min(max(x / 6 + 0.5, 0), 1). */
export function f32_hard_swish(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.HardSwish);
}

/** output = 1 / (1 + exp(-x)). */
export function f32_sigmoid(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.Sigmoid);
}

/** output = x / (1 + exp(-alpha * x)). */
export function f32_silu(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.Silu);
}

/** output = tanh(x). */
export function f32_tanh(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.Tanh);
}

/** output = erf(x). */
export function f32_erf(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.Erf);
}

/** output = x / 2 * (1 + erf(x / sqrt(2))). */
export function f32_gelu(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.Gelu);
}

/** output = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))). */
export function f32_gelu_tanh(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.GeluTanh);
}

/** output = log(1 + exp(x)). */
export function f32_softplus(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.Softplus);
}

/** output = exp(x); below the smallest normal f32 it is 0. */
export function f32_exp(parameters: usize, begin: i32, end: i32): void {
  map(changetype<UnaryParameters>(parameters), begin, end, Function.Exp);
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
