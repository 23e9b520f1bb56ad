/**
 * Exponential functions from additions, multiplications, divisions and roundings only, so that they give the same
 * bits on every JavaScript engine, which `Math.exp` and its kin do not. Relative error below 1e-15.
 */

const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;

/** 2 to a whole power, exact: repeated squaring. */
function powerOfTwo(exponent: number): number {
  let result = 1;
  let factor = exponent < 0 ? 0.5 : 2;
  for (let n = Math.abs(exponent); n > 0; n = Math.floor(n / 2)) {
    if (n % 2 === 1) result *= factor;
    factor *= factor;
  }
  return result;
}

/** exp(x) - 1 for |x| <= 0.36 by its power series. */
function smallExponentialMinusOne(x: number): number {
  let sum = 1;
  for (let n = 14; n >= 2; n--) sum = 1 + (x * sum) / n;
  return x * sum;
}

/** e to the power of x. */
export function exponential(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.79) return Number.POSITIVE_INFINITY;
  if (x < -745.2) return 0;
  const exponent = Math.round(x / Math.LN2);
  const rest = x - exponent * ln2High - exponent * ln2Low;
  const half = Math.trunc(exponent / 2);
  return (1 + smallExponentialMinusOne(rest)) * powerOfTwo(half) * powerOfTwo(exponent - half);
}

/** exp(x) - 1 without loss where x is small. */
const exponentialMinusOne = (x: number): number =>
  Math.abs(x) <= 0.36 ? smallExponentialMinusOne(x) : exponential(x) - 1;

/** x as `mantissa * 2 ** exponent` with a mantissa from 1 to 2; x is positive and finite. */
function splitExponent(x: number): { readonly mantissa: number; readonly exponent: number } {
  let mantissa = x;
  let exponent = 0;
  for (let step = 512; step >= 1; step /= 2) {
    while (mantissa >= powerOfTwo(step)) {
      mantissa *= powerOfTwo(-step);
      exponent += step;
    }
    while (mantissa < powerOfTwo(1 - step)) {
      mantissa *= powerOfTwo(step);
      exponent -= step;
    }
  }
  return { mantissa, exponent };
}

/** Natural logarithm: not-a-number below zero. */
export function logarithm(x: number): number {
  if (Number.isNaN(x) || x < 0) return Number.NaN;
  if (x === 0) return Number.NEGATIVE_INFINITY;
  if (x === Number.POSITIVE_INFINITY) return x;
  const split = splitExponent(x);
  const above = split.mantissa > Math.SQRT2 ? 1 : 0;
  const mantissa = above ? split.mantissa / 2 : split.mantissa;
  const exponent = split.exponent + above;
  const s = (mantissa - 1) / (mantissa + 1);
  let series = 0;
  for (let n = 25; n >= 1; n -= 2) series = 1 / n + series * s * s;
  return exponent * ln2High + (exponent * ln2Low + 2 * s * series);
}

/** 1 / (1 + exp(-x)). */
export function logistic(x: number): number {
  if (x >= 0) return 1 / (1 + exponential(-x));
  const power = exponential(x);
  return power / (1 + power);
}

export function hyperbolicTangent(x: number): number {
  if (Math.abs(x) > 22) return Math.sign(x);
  const power = exponentialMinusOne(2 * x);
  return power / (power + 2);
}

const twoOverRootPi = 2 / Math.sqrt(Math.PI);

/** From here on the complement is computed by its continued fraction. */
const seriesLimit = 2;

/** erf for |x| <= 2: exp(-x^2) times a series whose terms are all positive. */
function errorSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n <= 48; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return twoOverRootPi * exponential(-x * x) * sum;
}

/** 1 - erf for x >= 2 by its continued fraction, from the far end. */
function errorFraction(x: number): number {
  let fraction = x;
  for (let n = 80; n >= 1; n--) fraction = x + n / 2 / fraction;
  return ((twoOverRootPi / 2) * exponential(-x * x)) / fraction;
}

/** Error function. */
export function errorFunction(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) <= seriesLimit) return errorSeries(x);
  return x > 0 ? 1 - errorFraction(x) : errorFraction(-x) - 1;
}

/** 1 - erf, to a relative 1e-13 where it is small. */
export function complementaryErrorFunction(x: number): number {
  if (x <= seriesLimit) return 1 - errorFunction(x);
  return errorFraction(x);
}
