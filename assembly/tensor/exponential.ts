import { ROUNDING } from './requantize';

// @ts-ignore: decorator
@inline
function multiplyAdd(x: v128, y: v128, constant: f32): v128 {
  return f32x4.add(f32x4.mul(x, y), f32x4.splat(constant));
}

/** exp(r) - 1 for |r| <= ln(2) / 2: the polynomial of Cephes' expf. */
// @ts-ignore: decorator
@inline
export function reducedExponential(r: v128): v128 {
  let series = multiplyAdd(r, f32x4.splat(1.9875691500e-4), 1.3981999507e-3);
  series = multiplyAdd(series, r, 8.3334519073e-3);
  series = multiplyAdd(series, r, 4.1665795894e-2);
  series = multiplyAdd(series, r, 1.6666665459e-1);
  series = multiplyAdd(series, r, 5.0000001201e-1);
  return f32x4.add(f32x4.mul(f32x4.mul(r, r), series), r);
}

/**
 * exp of four f32, relative error at most 1.3e-7. Results below the smallest normal f32 are 0, above the largest
 * Infinity; NaN stays.
 */
export function exponential(x: v128): v128 {
  // 2^n is added to the exponent bits; n sits in the low bits of x / ln(2) + ROUNDING.
  const shifted = f32x4.add(f32x4.mul(x, f32x4.splat(1.44269504088896341)), f32x4.splat(ROUNDING));
  const n = f32x4.sub(shifted, f32x4.splat(ROUNDING));
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  const mantissa = f32x4.add(reducedExponential(r), f32x4.splat(1));
  const scaled = i32x4.add(mantissa, i32x4.shl(shifted, 23));
  const normal = v128.andnot(scaled, f32x4.lt(x, f32x4.splat(-87.33654)));
  return v128.bitselect(f32x4.splat(Infinity), normal, f32x4.gt(x, f32x4.splat(88.72283)));
}

/** Natural logarithm of four f32, error at most 1.2e-7 of the result or 1e-8: the polynomial of Cephes' logf. */
export function logarithm(x: v128): v128 {
  const tiny = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny);
  // The mantissa is shifted to [sqrt(1/2), sqrt(2)).
  const shifted = i32x4.sub(scaled, i32x4.splat(0x3f3504f3));
  const exponent = i32x4.shr_s(shifted, 23);
  const bias = v128.and(f32x4.splat(23), tiny);
  const e = f32x4.sub(f32x4.convert_i32x4_s(exponent), bias);
  const mantissa = i32x4.sub(scaled, i32x4.shl(exponent, 23));
  const m = f32x4.sub(mantissa, f32x4.splat(1));
  const z = f32x4.mul(m, m);
  let series = multiplyAdd(m, f32x4.splat(7.0376836292e-2), -1.1514610310e-1);
  series = multiplyAdd(series, m, 1.1676998740e-1);
  series = multiplyAdd(series, m, -1.2420140846e-1);
  series = multiplyAdd(series, m, 1.4249322787e-1);
  series = multiplyAdd(series, m, -1.6668057665e-1);
  series = multiplyAdd(series, m, 2.0000714765e-1);
  series = multiplyAdd(series, m, -2.4999993993e-1);
  series = multiplyAdd(series, m, 3.3333331174e-1);
  let result = f32x4.mul(f32x4.mul(series, m), z);
  result = f32x4.add(result, f32x4.mul(e, f32x4.splat(-2.12194440e-4)));
  result = f32x4.sub(result, f32x4.mul(z, f32x4.splat(0.5)));
  result = f32x4.add(f32x4.add(m, result), f32x4.mul(e, f32x4.splat(0.693359375)));
  result = v128.bitselect(f32x4.splat(-Infinity), result, f32x4.eq(x, f32x4.splat(0)));
  result = v128.bitselect(f32x4.splat(NaN), result, f32x4.lt(x, f32x4.splat(0)));
  // Infinity and NaN stay.
  return v128.bitselect(result, x, f32x4.lt(x, f32x4.splat(Infinity)));
}

/** log(1 + x) of four f32 in 0..1, without loss where x is small. */
export function logarithmOfOnePlus(x: v128): v128 {
  const sum = f32x4.add(x, f32x4.splat(1));
  const lost = f32x4.sub(sum, f32x4.splat(1));
  const corrected = f32x4.div(f32x4.mul(logarithm(sum), x), lost);
  return v128.bitselect(x, corrected, f32x4.eq(lost, f32x4.splat(0)));
}

// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exponential(f32x4.neg(x))));
}

/** exp(x) - 1 for x <= 0. */
export function exponentialMinusOne(x: v128): v128 {
  const large = f32x4.sub(exponential(x), f32x4.splat(1));
  return v128.bitselect(reducedExponential(x), large, f32x4.gt(x, f32x4.splat(-0.34)));
}

/** tanh of four f32: an odd polynomial of Cephes near 0, exp elsewhere. */
export function hyperbolicTangent(x: v128): v128 {
  const sign = v128.and(x, i32x4.splat(0x80000000));
  const size = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let series = multiplyAdd(z, f32x4.splat(-5.70498872745e-3), 2.06390887954e-2);
  series = multiplyAdd(series, z, -5.37397155531e-2);
  series = multiplyAdd(series, z, 1.33314422036e-1);
  series = multiplyAdd(series, z, -3.33332819422e-1);
  const near = f32x4.add(f32x4.mul(f32x4.mul(series, z), x), x);
  const one = f32x4.splat(1);
  const growth = f32x4.add(exponential(f32x4.add(size, size)), one);
  const far = f32x4.sub(one, f32x4.div(f32x4.splat(2), growth));
  return v128.bitselect(near, v128.or(far, sign), f32x4.lt(size, f32x4.splat(0.625)));
}

/** erf of four f32: a polynomial fit of erf(x) / x below 1, of -log(erfc(x)) above. */
export function errorFunction(x: v128): v128 {
  const sign = v128.and(x, i32x4.splat(0x80000000));
  const size = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let series = multiplyAdd(z, f32x4.splat(7.853857823647559e-5), -8.010192541405559e-4);
  series = multiplyAdd(series, z, 5.188327748328447e-3);
  series = multiplyAdd(series, z, -2.6853812858462334e-2);
  series = multiplyAdd(series, z, 1.128358542919159e-1);
  series = multiplyAdd(series, z, -3.761262595653534e-1);
  series = multiplyAdd(series, z, 1.128379225730896);
  const near = f32x4.mul(series, x);
  // From 4 on erf is 1 in f32.
  const t = f32x4.pmin(size, f32x4.splat(4));
  let power = multiplyAdd(t, f32x4.splat(-1.8638036237152668e-4), 2.9476696300637026e-3);
  power = multiplyAdd(power, t, -2.1838108731943456e-2);
  power = multiplyAdd(power, t, 1.0310684685919441e-1);
  power = multiplyAdd(power, t, 6.381447277544207e-1);
  power = multiplyAdd(power, t, 1.1270892527477983);
  power = multiplyAdd(power, t, 3.415077551154188e-4);
  const far = f32x4.sub(f32x4.splat(1), exponential(f32x4.neg(power)));
  return v128.bitselect(near, v128.or(far, sign), f32x4.lt(size, f32x4.splat(1)));
}
