import { mapByExponential, Via } from '../exponential';
import { SPAN, spanEnd } from '../spans';
import { UnaryParameters } from './map';

/** Applies one function, known at compile time, to spans; see {@link mapByExponential} for the constants. */
@inline
function map(
  f: Via, p: UnaryParameters, begin: i32, end: i32, limit: f32 = 0,
  k0: f32 = 0, k1: f32 = 0, k2: f32 = 0, k3: f32 = 0, k4: f32 = 0, k5: f32 = 0, k6: f32 = 0, k7: f32 = 0,
): void {
  const first: usize = (begin * SPAN) << 2;
  const stop = p.output + (spanEnd(end, p.elements) << 2);
  // Units are not negative, which the compiler does not know.
  const zero = i32x4.splat(begin >> 31);
  mapByExponential(
    f, p.input + first, p.output + first, stop, 16, 4, f32x4.splat(p.alpha), zero,
    limit, k0, k1, k2, k3, k4, k5, k6, k7,
  );
}

/**
 * exp of each f32. `output` may be `input`. Results below the smallest normal f32 are 0. A unit is 1024 adjacent
 * elements.
 *
 *     for i in 0..elements: output[i] = exp(input[i])
 */
export function f32_exp(parameters: usize, begin: i32, end: i32): void {
  map(Via.Exp, changetype<UnaryParameters>(parameters), begin, end, 88.72283);
}

/** output = 1 / (1 + exp(-x)). */
export function f32_sigmoid(parameters: usize, begin: i32, end: i32): void {
  map(Via.Sigmoid, changetype<UnaryParameters>(parameters), begin, end, 88);
}

/** output = x / (1 + exp(-alpha * x)). */
export function f32_silu(parameters: usize, begin: i32, end: i32): void {
  map(Via.Silu, changetype<UnaryParameters>(parameters), begin, end, 88);
}

/** output = tanh(x). */
export function f32_tanh(parameters: usize, begin: i32, end: i32): void {
  map(
    Via.Tanh, changetype<UnaryParameters>(parameters), begin, end, 40,
    -3.33332819422e-1, 1.33314422036e-1, -5.37397155531e-2, 2.06390887954e-2, -5.70498872745e-3,
  );
}

/** output = erf(x); the constants fit log(erfc(x)) from 1 to 4, where erf is 1 in f32. */
export function f32_erf(parameters: usize, begin: i32, end: i32): void {
  map(
    Via.Erf, changetype<UnaryParameters>(parameters), begin, end, 4,
    -3.415077551154188e-4, -1.1270892527477983, -6.381447277544207e-1, -1.0310684685919441e-1,
    2.1838108731943456e-2, -2.9476696300637026e-3, 1.8638036237152668e-4,
  );
}

/**
 * output = x / 2 * (1 + erf(x / sqrt(2))); the constants fit log(erfc(x / sqrt(2))) / x from 0 to 6, and beyond it
 * keeps falling.
 */
export function f32_gelu(parameters: usize, begin: i32, end: i32): void {
  map(
    Via.Gelu, changetype<UnaryParameters>(parameters), begin, end, 16,
    -0.7978863716125488, -0.3182864487171173, -0.03643634542822838, 0.0049824900925159454,
    -0.0001733353128656745, -9.161551861325279e-5, 1.840139157138765e-5, -1.1419416523494874e-6,
  );
}

/** output = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))), which is x * sigmoid of twice that. */
export function f32_gelu_tanh(parameters: usize, begin: i32, end: i32): void {
  map(
    Via.GeluTanh, changetype<UnaryParameters>(parameters), begin, end, 88,
    -1.5957691216057308, -0.07135481282005225,
  );
}
