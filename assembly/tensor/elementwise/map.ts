import { logarithm } from '../logarithm';
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
  HardSigmoid,
  HardSwish,
  Log,
  Sqrt,
  Negate,
  Abs,
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
function apply(f: Function, x: v128, alpha: v128, beta: v128): v128 {
  const zero = f32x4.splat(0);
  if (f == Function.Clip) return clamp(x, alpha, beta);
  if (f == Function.LeakyRelu) return v128.bitselect(f32x4.mul(x, alpha), x, f32x4.lt(x, zero));
  if (f == Function.HardSigmoid) return clamp(f32x4.add(f32x4.mul(x, alpha), beta), zero, f32x4.splat(1));
  if (f == Function.HardSwish) return hardSwish(x);
  if (f == Function.Log) return logarithm(x);
  if (f == Function.Sqrt) return f32x4.sqrt(x);
  if (f == Function.Negate) return f32x4.neg(x);
  return f32x4.abs(x);
}

/** The function chosen at run time, for tails. */
function applyAny(f: Function, x: v128, alpha: v128, beta: v128): v128 {
  return apply(f, x, alpha, beta);
}

/** 16 elements. */
// @ts-ignore: decorator
@inline
function block(f: Function, input: usize, output: usize, alpha: v128, beta: v128): void {
  v128.store(output, apply(f, v128.load(input), alpha, beta));
  v128.store(output, apply(f, v128.load(input, 16), alpha, beta), 16);
  v128.store(output, apply(f, v128.load(input, 32), alpha, beta), 32);
  v128.store(output, apply(f, v128.load(input, 48), alpha, beta), 48);
}

/** Applies one function to spans of f32. It is chosen for each block anew, as a loop for each would be large. */
export function map(p: UnaryParameters, begin: i32, end: i32, f: Function): void {
  const alpha = f32x4.splat(p.alpha);
  const beta = f32x4.splat(p.beta);
  const first: usize = (begin * SPAN) << 2;
  let input = p.input + first;
  let output = p.output + first;
  const stop = p.output + (spanEnd(end, p.elements) << 2);
  for (; output + 64 <= stop; input += 64, output += 64) {
    switch (f) {
      case Function.Clip: block(Function.Clip, input, output, alpha, beta); break;
      case Function.LeakyRelu: block(Function.LeakyRelu, input, output, alpha, beta); break;
      case Function.HardSigmoid: block(Function.HardSigmoid, input, output, alpha, beta); break;
      case Function.HardSwish: block(Function.HardSwish, input, output, alpha, beta); break;
      case Function.Log: block(Function.Log, input, output, alpha, beta); break;
      case Function.Sqrt: block(Function.Sqrt, input, output, alpha, beta); break;
      case Function.Negate: block(Function.Negate, input, output, alpha, beta); break;
      default: block(Function.Abs, input, output, alpha, beta);
    }
  }
  for (; output < stop; input += 16, output += 16) {
    storeWords(output, applyAny(f, v128.load(input), alpha, beta), <i32>(stop - output) >> 2);
  }
}
