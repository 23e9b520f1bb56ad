import {
  errorFunction, exponential, exponentialMinusOne, hyperbolicTangent, logarithm, logarithmOfOnePlus, sigmoid,
} from '../exponential';
import { SPAN, spanEnd, storeWords } from '../lanes';

@unmanaged
export class UnaryParameters {
  input: usize;
  output: usize;
  elements: i32;
  alpha: f32;
  beta: f32;
}

export const enum Function {
  Clip,
  LeakyRelu,
  Elu,
  HardSigmoid,
  HardSwish,
  Sigmoid,
  Silu,
  Tanh,
  Erf,
  Gelu,
  GeluTanh,
  Softplus,
  Exp,
  Log,
  Sqrt,
  Reciprocal,
  Negate,
  Abs,
  Floor,
  Ceil,
  Round,
  Linear,
  ToInteger,
  ToFloat,
}

/** Keeps NaN. */
// @ts-ignore: decorator
@inline
function clamp(x: v128, low: v128, high: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, low), high);
}

// @ts-ignore: decorator
@inline
function hardSwish(x: v128): v128 {
  const gate = f32x4.add(f32x4.mul(x, f32x4.splat(1.0 / 6)), f32x4.splat(0.5));
  return f32x4.mul(x, clamp(gate, f32x4.splat(0), f32x4.splat(1)));
}

// @ts-ignore: decorator
@inline
function gelu(x: v128): v128 {
  const gate = f32x4.add(errorFunction(f32x4.mul(x, f32x4.splat(0.70710678118654752))), f32x4.splat(1));
  return f32x4.mul(f32x4.mul(x, f32x4.splat(0.5)), gate);
}

// @ts-ignore: decorator
@inline
function geluTanh(x: v128): v128 {
  // x / 2 * (1 + tanh(y)) = x * sigmoid(2 * y)
  const cubic = f32x4.mul(f32x4.mul(f32x4.mul(x, x), x), f32x4.splat(0.044715));
  return f32x4.mul(x, sigmoid(f32x4.mul(f32x4.add(x, cubic), f32x4.splat(1.5957691216057308))));
}

// @ts-ignore: decorator
@inline
function softplus(x: v128): v128 {
  const decay = exponential(f32x4.neg(f32x4.abs(x)));
  return f32x4.add(f32x4.max(x, f32x4.splat(0)), logarithmOfOnePlus(decay));
}

// @ts-ignore: decorator
@inline
function linear(x: v128, alpha: v128, beta: v128): v128 {
  return f32x4.add(f32x4.mul(x, alpha), beta);
}

// @ts-ignore: decorator
@inline
function apply(f: Function, x: v128, alpha: v128, beta: v128): v128 {
  const zero = f32x4.splat(0);
  if (f == Function.Clip) return clamp(x, alpha, beta);
  if (f == Function.LeakyRelu) return v128.bitselect(f32x4.mul(x, alpha), x, f32x4.lt(x, zero));
  if (f == Function.Elu) return v128.bitselect(f32x4.mul(exponentialMinusOne(x), alpha), x, f32x4.lt(x, zero));
  if (f == Function.HardSigmoid) return clamp(linear(x, alpha, beta), zero, f32x4.splat(1));
  if (f == Function.HardSwish) return hardSwish(x);
  if (f == Function.Sigmoid) return sigmoid(x);
  if (f == Function.Silu) return f32x4.mul(x, sigmoid(f32x4.mul(x, alpha)));
  if (f == Function.Tanh) return hyperbolicTangent(x);
  if (f == Function.Erf) return errorFunction(x);
  if (f == Function.Gelu) return gelu(x);
  if (f == Function.GeluTanh) return geluTanh(x);
  if (f == Function.Softplus) return softplus(x);
  if (f == Function.Exp) return exponential(x);
  if (f == Function.Log) return logarithm(x);
  if (f == Function.Sqrt) return f32x4.sqrt(x);
  if (f == Function.Reciprocal) return f32x4.div(f32x4.splat(1), x);
  if (f == Function.Negate) return f32x4.neg(x);
  if (f == Function.Abs) return f32x4.abs(x);
  if (f == Function.Floor) return f32x4.floor(x);
  if (f == Function.Ceil) return f32x4.ceil(x);
  if (f == Function.Round) return f32x4.nearest(x);
  if (f == Function.Linear) return linear(x, alpha, beta);
  if (f == Function.ToInteger) return i32x4.trunc_sat_f32x4_s(x);
  return f32x4.convert_i32x4_s(x);
}

/** Applies one function, known at compile time, to spans of 4-byte elements. */
// @ts-ignore: decorator
@inline
export function map(p: UnaryParameters, begin: i32, end: i32, f: Function): void {
  const alpha = f32x4.splat(p.alpha);
  const beta = f32x4.splat(p.beta);
  const first: usize = (begin * SPAN) << 2;
  let input = p.input + first;
  let output = p.output + first;
  const stop = p.output + (spanEnd(end, p.elements) << 2);
  for (; output < stop; input += 16, output += 16) {
    storeWords(output, apply(f, v128.load(input), alpha, beta), <i32>(stop - output) >> 2);
  }
}
