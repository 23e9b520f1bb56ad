import { clamp } from '../../lanes';
import { storeWords } from '../../store';
import { logarithm } from '../logarithm';
import { SPAN, spanEnd } from '../spans';

@unmanaged
export class UnaryParameters {
  input: usize;
  output: usize;
  elements: i32;
  alpha: f32;
  beta: f32;
}

export const enum UnaryFunction {
  Clip,
  LeakyRelu,
  HardSigmoid,
  HardSwish,
  Log,
  Sqrt,
  Negate,
  Abs,
}

@inline
function hardSwish(x: v128): v128 {
  const gate = f32x4.add(f32x4.mul(x, f32x4.splat(1.0 / 6)), f32x4.splat(0.5));
  return f32x4.mul(x, clamp(gate, f32x4.splat(0), f32x4.splat(1)));
}

@inline
function apply(f: UnaryFunction, x: v128, alpha: v128, beta: v128): v128 {
  const zero = f32x4.splat(0);
  if (f == UnaryFunction.Clip) return clamp(x, alpha, beta);
  if (f == UnaryFunction.LeakyRelu) return v128.bitselect(f32x4.mul(x, alpha), x, f32x4.lt(x, zero));
  if (f == UnaryFunction.HardSigmoid) return clamp(f32x4.add(f32x4.mul(x, alpha), beta), zero, f32x4.splat(1));
  if (f == UnaryFunction.HardSwish) return hardSwish(x);
  if (f == UnaryFunction.Log) return logarithm(x);
  if (f == UnaryFunction.Sqrt) return f32x4.sqrt(x);
  if (f == UnaryFunction.Negate) return f32x4.neg(x);
  return f32x4.abs(x);
}

/** Applies one function, known at compile time, to spans of f32. */
@inline
export function map(p: UnaryParameters, begin: i32, end: i32, f: UnaryFunction): void {
  const alpha = f32x4.splat(p.alpha);
  const beta = f32x4.splat(p.beta);
  const first: usize = (begin * SPAN) << 2;
  let input = p.input + first;
  let output = p.output + first;
  const stop = p.output + (spanEnd(end, p.elements) << 2);
  for (; output + 64 <= stop; input += 64, output += 64) {
    v128.store(output, apply(f, v128.load(input), alpha, beta));
    v128.store(output, apply(f, v128.load(input, 16), alpha, beta), 16);
    v128.store(output, apply(f, v128.load(input, 32), alpha, beta), 32);
    v128.store(output, apply(f, v128.load(input, 48), alpha, beta), 48);
  }
  for (; output < stop; input += 16, output += 16) {
    storeWords(output, apply(f, v128.load(input), alpha, beta), <i32>(stop - output) >> 2);
  }
}
