import { withinCount } from '../lanes';
import { ROUNDING } from '../quantization';
import { storeWords } from '../store';

/** Functions computed by way of the exponential of something. */
export const enum Via {
  Exp,
  Sigmoid,
  Silu,
  Tanh,
  Erf,
  Gelu,
  GeluTanh,
  /** exp(x - alpha), summed. */
  Softmax,
  /** The sum alone. */
  LogSoftmax,
}

/**
 * A constant that stays in a register or on the stack: engines build a literal vector anew at each use. `zero` is a
 * zero that the compiler cannot know.
 */
@inline
function kept(value: f32, zero: v128): v128 {
  return v128.or(f32x4.splat(value), zero);
}

/** x * y + z, both steps rounded, so that the bits are the same everywhere. */
@inline
function multiplyAdd(x: v128, y: v128, z: v128): v128 {
  return f32x4.add(f32x4.mul(x, y), z);
}

/** k0 + k1 x + k2 x^2 + k3 x^3 + k4 x^4. */
@inline
function polynomial4(x: v128, k0: v128, k1: v128, k2: v128, k3: v128, k4: v128): v128 {
  return multiplyAdd(multiplyAdd(multiplyAdd(multiplyAdd(k4, x, k3), x, k2), x, k1), x, k0);
}

/** What the exponential is taken of. */
@inline
function before(
  f: Via, x: v128, alpha: v128, limit: v128,
  k0: v128, k1: v128, k2: v128, k3: v128, k4: v128, k5: v128, k6: v128, k7: v128,
): v128 {
  if (f == Via.Sigmoid) return f32x4.pmin(f32x4.neg(x), limit);
  if (f == Via.Silu) return f32x4.pmin(f32x4.neg(f32x4.mul(x, alpha)), limit);
  if (f == Via.Tanh) return f32x4.pmin(f32x4.add(f32x4.abs(x), f32x4.abs(x)), limit);
  if (f == Via.Erf) {
    const t = f32x4.pmin(f32x4.abs(x), limit);
    return polynomial4(t, k0, k1, k2, k3, multiplyAdd(multiplyAdd(k6, t, k5), t, k4));
  }
  if (f == Via.Gelu) {
    const t = f32x4.pmin(f32x4.abs(x), limit);
    const high = multiplyAdd(multiplyAdd(multiplyAdd(k7, t, k6), t, k5), t, k4);
    return f32x4.mul(polynomial4(t, k0, k1, k2, k3, high), t);
  }
  if (f == Via.GeluTanh) return f32x4.pmin(f32x4.mul(x, multiplyAdd(f32x4.mul(x, x), k1, k0)), limit);
  if (f == Via.Softmax || f == Via.LogSoftmax) return f32x4.sub(x, alpha);
  return x;
}

/** `size`, which is not negative, with the sign of x. */
@inline
function withSignOf(size: v128, x: v128): v128 {
  return v128.or(size, v128.and(x, i32x4.splat(0x80000000)));
}

/** Below 0.625 an odd polynomial of Cephes, above 1 - 2 / (exp(2|x|) + 1). */
@inline
function hyperbolicTangent(x: v128, e: v128, one: v128, k0: v128, k1: v128, k2: v128, k3: v128, k4: v128): v128 {
  const z = f32x4.mul(x, x);
  const near = multiplyAdd(f32x4.mul(polynomial4(z, k0, k1, k2, k3, k4), z), x, x);
  const far = f32x4.sub(one, f32x4.div(f32x4.splat(2), f32x4.add(e, one)));
  return v128.bitselect(near, withSignOf(far, x), f32x4.lt(f32x4.abs(x), f32x4.splat(0.625)));
}

/** Below 1 a polynomial fit of erf(x) / x, above 1 - exp(log(erfc(|x|))). */
@inline
function errorFunction(x: v128, e: v128, one: v128): v128 {
  const z = f32x4.mul(x, x);
  let series = multiplyAdd(z, f32x4.splat(7.853857823647559e-5), f32x4.splat(-8.010192541405559e-4));
  series = multiplyAdd(series, z, f32x4.splat(5.188327748328447e-3));
  series = multiplyAdd(series, z, f32x4.splat(-2.6853812858462334e-2));
  series = multiplyAdd(series, z, f32x4.splat(1.128358542919159e-1));
  series = multiplyAdd(series, z, f32x4.splat(-3.761262595653534e-1));
  series = multiplyAdd(series, z, f32x4.splat(1.128379225730896));
  const far = withSignOf(f32x4.sub(one, e), x);
  return v128.bitselect(f32x4.mul(series, x), far, f32x4.lt(f32x4.abs(x), one));
}

/** The function's value from its exponential `e`. */
@inline
function after(
  f: Via, x: v128, e: v128, limit: v128, zero: v128, one: v128,
  k0: v128, k1: v128, k2: v128, k3: v128, k4: v128,
): v128 {
  if (f == Via.Exp) return v128.bitselect(f32x4.splat(Infinity), e, f32x4.gt(x, limit));
  if (f == Via.Sigmoid) return f32x4.div(one, f32x4.add(one, e));
  if (f == Via.Silu || f == Via.GeluTanh) return f32x4.div(x, f32x4.add(one, e));
  if (f == Via.Tanh) return hyperbolicTangent(x, e, one, k0, k1, k2, k3, k4);
  if (f == Via.Erf) return errorFunction(x, e, one);
  if (f == Via.Gelu) {
    // x > 0: x - x / 2 * erfc; x < 0: x / 2 * erfc.
    const size = f32x4.pmin(f32x4.abs(x), limit);
    return f32x4.sub(f32x4.pmax(x, zero), f32x4.mul(f32x4.mul(size, e), f32x4.splat(0.5)));
  }
  return e;
}

/**
 * Writes a function of each f32 from `output` to `stop`, up to `columns` lanes at each step of `step` bytes, and
 * returns the sums of the exponentials (softmax only). The exponential has a relative error below 1.1e-7; below the
 * smallest normal f32 it is 0. `limit` and k0 to k7 are constants of the function.
 */
@inline
export function mapByExponential(
  f: Via, input: usize, output: usize, stop: usize, step: usize, columns: i32, alpha: v128, zero: v128,
  limit: f32 = 0,
  k0: f32 = 0, k1: f32 = 0, k2: f32 = 0, k3: f32 = 0, k4: f32 = 0, k5: f32 = 0, k6: f32 = 0, k7: f32 = 0,
): v128 {
  const scale = kept(1.44269504088896341, zero), rounding = kept(ROUNDING, zero);
  // ln(2) in two parts, of which the high one times an exponent is exact.
  const high = kept(0.693359375, zero), low = kept(-2.12194440e-4, zero);
  const c0 = kept(0.4999999343179063, zero), c1 = kept(0.16666520394948806, zero);
  const c2 = kept(0.041668390844148154, zero), c3 = kept(0.008368745541091198, zero);
  const c4 = kept(0.0013814538097637866, zero);
  const one = kept(1, zero), smallest = kept(-87.33654, zero), limits = kept(limit, zero);
  const v0 = kept(k0, zero), v1 = kept(k1, zero), v2 = kept(k2, zero), v3 = kept(k3, zero);
  const v4 = kept(k4, zero), v5 = kept(k5, zero), v6 = kept(k6, zero), v7 = kept(k7, zero);
  let sum = zero;
  for (; output < stop; input += step, output += step) {
    const x = v128.load(input);
    const y = before(f, x, alpha, limits, v0, v1, v2, v3, v4, v5, v6, v7);
    // n = round(y / ln(2)) sits in the low bits of the rounded sum and is added to the exponent bits at the end.
    const shifted = multiplyAdd(y, scale, rounding);
    const n = f32x4.sub(shifted, rounding);
    const r = f32x4.sub(f32x4.sub(y, f32x4.mul(n, high)), f32x4.mul(n, low));
    const small = multiplyAdd(f32x4.mul(r, r), polynomial4(r, c0, c1, c2, c3, c4), r);
    let e = i32x4.add(f32x4.add(small, one), i32x4.shl(shifted, 23));
    if (f != Via.Tanh && f != Via.Erf) e = v128.andnot(e, f32x4.lt(y, smallest));
    const lanes = min(columns, <i32>(stop - output) >> 2);
    if (f == Via.Softmax || f == Via.LogSoftmax) sum = f32x4.add(sum, v128.and(e, withinCount(lanes)));
    if (f != Via.LogSoftmax) storeWords(output, after(f, x, e, limits, zero, one, v0, v1, v2, v3, v4), lanes);
  }
  return sum;
}
