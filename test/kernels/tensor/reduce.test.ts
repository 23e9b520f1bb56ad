import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnGroupUnits } from '../../../src/compile/kernels/tensor-units.js';
import { floatsFrom, seed } from './generate.js';
import { runFloats } from './run.js';

interface Shape {
  readonly outer: number;
  readonly axis: number;
  readonly inner: number;
  readonly seed: number;
}

const shape: fc.Arbitrary<Shape> = fc.record({
  outer: fc.integer({ min: 1, max: 5 }),
  axis: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(197, 1000)),
  inner: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 20 })),
  seed,
});

/** Element numbers of each row along the axis, in the order of the reduced output. */
function rows({ outer, axis, inner }: Shape): number[][] {
  return Array.from({ length: outer * inner }, (_, at) => {
    const first = Math.floor(at / inner) * axis * inner + (at % inner);
    return Array.from({ length: axis }, (_, i) => first + i * inner);
  });
}

const values = (data: Float32Array, row: readonly number[]): number[] => row.map((i) => data[i] ?? 0);
const sum = (list: readonly number[]): number => list.reduce((total, x) => total + x, 0);

describe.each([
  ['f32_softmax', false],
  ['f32_log_softmax', true],
] as const)('%s', (kernel, logarithmic) => {
  function expectedOf(s: Shape, input: Float32Array): Float64Array {
    const expected = new Float64Array(input.length);
    for (const row of rows(s)) {
      const list = values(input, row);
      const largest = Math.max(...list);
      // The difference is part of the formula: an f32, rounded once.
      const shifts = list.map((x) => Math.fround(x - largest));
      const total = sum(shifts.map(Math.exp));
      row.forEach((at, i) => {
        const shifted = shifts[i] ?? 0;
        expected[at] = logarithmic ? shifted - Math.log(total) : Math.exp(shifted) / total;
      });
    }
    return expected;
  }

  function check(s: Shape, input: Float32Array, inPlace: boolean): void {
    const expected = expectedOf(s, input);
    const call = {
      kernel,
      inputs: { input },
      outputBytes: input.byteLength,
      numbers: { axis: s.axis, inner: s.inner },
    };
    const units = columnGroupUnits(s.outer, s.inner);
    const actual = runFloats(inPlace ? { ...call, units, inPlace: 'input' } : { ...call, units });
    // Sums of n positive f32 lose at most n roundings.
    const relative = (s.axis + 8) * 2 ** -24;
    actual.forEach((value, i) => {
      const want = expected[i] ?? 0;
      const margin = logarithmic ? relative + Math.abs(want) * 2 ** -23 : want * relative + 2 ** -126;
      const near =
        value === want || Math.abs(value - want) <= margin || (Number.isNaN(value) && Number.isNaN(want));
      if (!near) throw new Error(`element ${i} is ${value}, expected ${want}`);
    });
  }

  it('equals its f64 reference for any axis and may run in place', () => {
    fc.assert(
      fc.property(shape, fc.constantFrom(1, 30, 500), fc.boolean(), (s, range, inPlace) => {
        check(s, floatsFrom(s.seed, s.outer * s.axis * s.inner, range), inPlace);
      }),
    );
  });

  it('takes huge values, -Infinity as a mask, and gives NaN where all is masked', () => {
    fc.assert(
      fc.property(shape, (s) => {
        const input = floatsFrom(s.seed, s.outer * s.axis * s.inner, 3e38);
        check(s, input, false);
        const masked = input.map((x, i) => (i % 3 === 0 ? -Infinity : x / 1e38));
        check(s, masked, false);
        check(s, masked.fill(-Infinity), false);
      }),
      { numRuns: 30 },
    );
  });
});

describe('reductions', () => {
  const kernels = ['f32_reduce_sum', 'f32_reduce_mean', 'f32_reduce_max', 'f32_reduce_min'];
  const references: Readonly<Record<string, (list: readonly number[]) => number>> = {
    f32_reduce_sum: sum,
    f32_reduce_mean: (list) => sum(list) / list.length,
    f32_reduce_max: (list) => Math.max(...list),
    f32_reduce_min: (list) => Math.min(...list),
  };

  /** Rounding error that sums of these values may gather. */
  function marginOf(kernel: string, list: readonly number[]): number {
    const absolute = sum(list.map(Math.abs));
    const roundings = (list.length + 4) * 2 ** -24;
    if (kernel === 'f32_reduce_sum') return roundings * absolute;
    return kernel === 'f32_reduce_mean' ? (roundings * absolute) / list.length : 0;
  }

  it.each(kernels)('%s equals its f64 reference', (kernel) => {
    fc.assert(
      fc.property(shape, (s) => {
        const input = floatsFrom(s.seed, s.outer * s.axis * s.inner);
        const numbers = { reduce: s.axis, inner: s.inner };
        const units = columnGroupUnits(s.outer, s.inner);
        const call = { kernel, inputs: { input }, outputBytes: s.outer * s.inner * 4, numbers, units };
        const actual = runFloats(call);
        rows(s).forEach((row, i) => {
          const list = values(input, row);
          const difference = Math.abs((actual[i] ?? NaN) - (references[kernel]?.(list) ?? NaN));
          expect(difference).toBeLessThanOrEqual(marginOf(kernel, list));
        });
      }),
    );
  });

  it.each(kernels)('%s gives NaN where one element is NaN', (kernel) => {
    fc.assert(
      fc.property(shape, (s) => {
        const input = floatsFrom(s.seed, s.outer * s.axis * s.inner);
        const poisoned = input.length >> 1;
        input[poisoned] = NaN;
        const numbers = { reduce: s.axis, inner: s.inner };
        const units = columnGroupUnits(s.outer, s.inner);
        const call = { kernel, inputs: { input }, outputBytes: s.outer * s.inner * 4, numbers, units };
        const actual = runFloats(call);
        rows(s).forEach((row, i) => {
          expect(Number.isNaN(actual[i])).toBe(row.includes(poisoned));
        });
      }),
      { numRuns: 30 },
    );
  });

  it('sums exactly what is exact in f32', () => {
    const input = Float32Array.from({ length: 37 }, (_, i) => i);
    const call = { inputs: { input }, outputBytes: 4, numbers: { reduce: 37, inner: 1 }, units: 1 };
    expect(runFloats({ kernel: 'f32_reduce_sum', ...call })[0]).toBe(666);
    expect(runFloats({ kernel: 'f32_reduce_mean', ...call })[0]).toBe(18);
  });
});
