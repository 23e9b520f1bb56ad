/** x * y + constant, both steps rounded, so that the bits are the same everywhere. */
@inline
function multiplyAdd(x: v128, y: v128, constant: f32): v128 {
  return f32x4.add(f32x4.mul(x, y), f32x4.splat(constant));
}

/** Natural logarithm of four f32, error at most 1.2e-7 of the result or 1e-8: the polynomial of Cephes' logf. */
export function logarithm(x: v128): v128 {
  // Subnormal numbers are scaled by 2^23.
  const tiny = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny);
  // The bits of sqrt(1/2) shift the mantissa to [sqrt(1/2), sqrt(2)).
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
  // ln(2) in two parts, of which the high one times an exponent is exact.
  let result = f32x4.mul(f32x4.mul(series, m), z);
  result = f32x4.add(result, f32x4.mul(e, f32x4.splat(-2.12194440e-4)));
  result = f32x4.sub(result, f32x4.mul(z, f32x4.splat(0.5)));
  result = f32x4.add(f32x4.add(m, result), f32x4.mul(e, f32x4.splat(0.693359375)));
  result = v128.bitselect(f32x4.splat(-Infinity), result, f32x4.eq(x, f32x4.splat(0)));
  result = v128.bitselect(f32x4.splat(NaN), result, f32x4.lt(x, f32x4.splat(0)));
  // Infinity and NaN stay.
  return v128.bitselect(result, x, f32x4.lt(x, f32x4.splat(Infinity)));
}
