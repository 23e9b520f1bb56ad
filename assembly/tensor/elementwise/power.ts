/** Base 2 logarithm of a positive normal f64, to about 1e-12. */
function logarithm2(x: f64): f64 {
  const bits = reinterpret<i64>(x);
  // The bits of sqrt(1/2) shift the mantissa to [sqrt(1/2), sqrt(2)).
  const exponent = (bits - 0x3fe6a09e667f3bcd) >> 52;
  const mantissa = reinterpret<f64>(bits - (exponent << 52));
  const s = (mantissa - 1.0) / (mantissa + 1.0);
  const z = s * s;
  const series = 1.0 + z * (1.0 / 3 + z * (1.0 / 5 + z * (1.0 / 7 + z * (1.0 / 9 + z * (1.0 / 11 + z * (1.0 / 13))))));
  return <f64>exponent + s * series * 2.8853900817779268; // 2 / ln(2)
}

/** 2 to the power y, to about 1e-11; |y| is at most 1000. */
function power2(y: f64): f64 {
  const whole = nearest(y);
  const r = (y - whole) * 0.6931471805599453; // ln(2)
  const series =
    1.0 + r * (1.0 + r * (1.0 / 2 + r * (1.0 / 6 + r * (1.0 / 24 + r * (1.0 / 120 + r * (1.0 / 720 +
    r * (1.0 / 5040 + r * (1.0 / 40320 + r * (1.0 / 362880)))))))));
  return series * reinterpret<f64>((<i64>whole + 1023) << 52);
}

/** a to the power b as the C function pow has it, rounded from f64. */
function scalarPower(a: f32, b: f32): f32 {
  if (b == 0 || a == 1) return 1;
  if (isNaN(a) || isNaN(b)) return NaN;
  const whole = trunc(b) == b;
  const odd = whole && abs(b) < 16777216 && (<i32>b & 1) == 1;
  if (a < 0 && !whole && abs(a) != Infinity) return NaN;
  const size = abs(a);
  let result: f32;
  if (size == 0 || size == Infinity) result = (size == 0) == (b > 0) ? 0 : Infinity;
  else if (abs(b) == Infinity) result = size == 1 ? 1 : (size > 1) == (b > 0) ? Infinity : 0;
  else result = <f32>power2(min(max(<f64>b * logarithm2(<f64>size), -1000), 1000));
  return odd ? copysign(result, a) : result;
}

/** The power of each of four lanes. */
export function power(a: v128, b: v128): v128 {
  let result = f32x4.splat(scalarPower(f32x4.extract_lane(a, 0), f32x4.extract_lane(b, 0)));
  result = f32x4.replace_lane(result, 1, scalarPower(f32x4.extract_lane(a, 1), f32x4.extract_lane(b, 1)));
  result = f32x4.replace_lane(result, 2, scalarPower(f32x4.extract_lane(a, 2), f32x4.extract_lane(b, 2)));
  return f32x4.replace_lane(result, 3, scalarPower(f32x4.extract_lane(a, 3), f32x4.extract_lane(b, 3)));
}
