import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { spanUnits } from '../../../src/compile/kernels/tensor-units.js';
import { float, floatsFrom, length, seed } from './generate.js';
import { run, runFloats } from './run.js';

const f = Math.fround;

/** erf in f64 by its series near 0 and its continued fraction elsewhere. */
function erf(x: number): number {
  const size = Math.min(Math.abs(x), 10);
  if (size < 3) {
    let [term, sum] = [x, x];
    for (let n = 1; n < 80; n++) {
      term *= (-size * size) / n;
      sum += term / (2 * n + 1);
    }
    return (sum * 2) / Math.sqrt(Math.PI);
  }
  let fraction = size;
  for (let k = 100; k > 0; k--) fraction = size + k / 2 / fraction;
  return Math.sign(x) * (1 - Math.exp(-size * size) / Math.sqrt(Math.PI) / fraction);
}

const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);
const gate = (x: number): number => 1 / (1 + Math.exp(-x));
const smallestNormal = 2 ** -126;

/** A function in f64 and how far the kernel may be off: relative to the result, and absolutely. */
interface Function {
  readonly reference: (x: number, alpha: number, beta: number) => number;
  readonly relative: number;
  readonly absolute?: (x: number) => number;
}

const exact = { relative: 0 };
const flushed = { relative: 3e-7, absolute: (): number => smallestNormal };
/** Two roundings of terms about as large as these. */
const twoSteps = (x: number, alpha: number, beta: number): number => f(f(x * alpha) + beta);

const functions: Readonly<Record<string, Function>> = {
  f32_clip: { ...exact, reference: (x, alpha) => clamp(x, alpha, alpha + 1) },
  f32_leaky_relu: { ...exact, reference: (x, alpha) => (x < 0 ? f(x * alpha) : x) },
  f32_hard_sigmoid: { ...exact, reference: (x, alpha, beta) => clamp(twoSteps(x, alpha, beta), 0, 1) },
  f32_hard_swish: { ...exact, reference: (x) => f(x * clamp(twoSteps(x, f(1 / 6), 0.5), 0, 1)) },
  f32_sqrt: { ...exact, reference: (x) => f(Math.sqrt(x)) },
  f32_neg: { ...exact, reference: (x) => -x },
  f32_abs: { ...exact, reference: Math.abs },
  f32_exp: { reference: Math.exp, relative: 1.3e-7, absolute: () => smallestNormal },
  f32_log: { reference: Math.log, relative: 1.3e-7, absolute: () => 1e-8 },
  f32_sigmoid: { ...flushed, reference: gate },
  f32_tanh: { reference: Math.tanh, relative: 2e-7, absolute: () => 1e-38 },
  f32_erf: { reference: erf, relative: 3e-7, absolute: () => 1e-38 },
  f32_silu: {
    reference: (x, alpha) => x * gate(alpha * x),
    // The product alpha * x is rounded before it becomes an exponent.
    relative: 8e-6,
    absolute: (x) => smallestNormal * Math.abs(x),
  },
  f32_gelu: {
    reference: (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
    relative: 3e-7,
    absolute: (x) => 1.2e-7 * Math.abs(x) + 2 ** -149,
  },
  f32_gelu_tanh: {
    reference: (x) => x * gate(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)),
    relative: 3e-7,
    absolute: (x) => 1.2e-7 * Math.abs(x) + 2 ** -149,
  },
};

function check(kernel: string, { reference, relative, absolute }: Function, input: Float32Array): void {
  const [alpha, beta] = [f(0.3), kernel === 'f32_clip' ? f(1.3) : f(0.4)];
  const call = {
    kernel,
    inputs: { input },
    outputBytes: input.byteLength,
    numbers: { elements: input.length, alpha, beta },
    units: spanUnits(input.length),
  };
  const actual = runFloats(call);
  expect(Buffer.compare(run(call), run({ ...call, inPlace: 'input' })), 'in place').toBe(0);
  actual.forEach((value, i) => {
    const x = input[i] ?? 0;
    const expected = kernel === 'f32_clip' ? clamp(x, alpha, beta) : reference(x, alpha, beta);
    const margin = relative * Math.abs(expected) + (absolute?.(x) ?? 0);
    const same = Object.is(value, f(expected)) || value === f(expected);
    if (!same && !(Math.abs(value - expected) <= margin)) {
      throw new Error(`${kernel}(${x}) = ${value}, expected ${expected}`);
    }
  });
}

describe.each(Object.entries(functions))('%s', (kernel, definition) => {
  it('equals its f64 reference within its bound, special values included', () => {
    const values = fc.array(fc.oneof(float, fc.constant(NaN)), { minLength: 1, maxLength: 40 });
    const finite = kernel === 'f32_silu' || kernel.startsWith('f32_gelu');
    fc.assert(
      fc.property(values, (list) => {
        // -Infinity * 0 is NaN in these, as in PyTorch.
        const kept = finite ? list.map((x) => (x === -Infinity ? -50 : x)) : list;
        check(kernel, definition, Float32Array.from(kept));
      }),
    );
  });

  it('equals it over whole ranges of ordinary values', () => {
    fc.assert(
      fc.property(length, seed, fc.constantFrom(0.01, 1, 10, 100), (count, seed, range) => {
        check(kernel, definition, floatsFrom(seed, count, range));
      }),
      { numRuns: 30 },
    );
  });
});

describe('f32_exp at the ends of its range', () => {
  it('goes to Infinity above the largest f32 and to 0 below the smallest normal one', () => {
    const input = Float32Array.of(
      88.72283,
      88.7229,
      1000,
      -87.33654,
      -87.337,
      -104,
      -1000,
      Infinity,
      -Infinity,
      NaN,
    );
    const numbers = { elements: 10, alpha: 0, beta: 0 };
    const output = runFloats({ kernel: 'f32_exp', inputs: { input }, outputBytes: 40, numbers, units: 1 });
    expect([...output.slice(1, 3)]).toEqual([Infinity, Infinity]);
    expect([...output.slice(4)]).toEqual([0, 0, 0, Infinity, 0, NaN]);
    for (const i of [0, 3]) expect((output[i] ?? 0) / Math.exp(input[i] ?? 0)).toBeCloseTo(1, 6);
  });
});
