import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  complementaryErrorFunction,
  errorFunction,
  exponential,
  hyperbolicTangent,
  logarithm,
  logistic,
} from '../../src/graph/exponential.js';

const relativeError = (actual: number, expected: number): number =>
  actual === expected ? 0 : Math.abs(actual - expected) / Math.abs(expected);

function expectClose(
  actual: (x: number) => number,
  expected: (x: number) => number,
  domain: { min: number; max: number },
): void {
  fc.assert(
    fc.property(fc.double({ ...domain, noNaN: true }), (x) => {
      expect(relativeError(actual(x), expected(x))).toBeLessThan(1e-15);
    }),
    { numRuns: 5000 },
  );
}

describe('deterministic exponential functions', () => {
  test('exp agrees with Math.exp to 1e-15 wherever the result is a normal number', () => {
    expectClose(exponential, Math.exp, { min: -708, max: 709.7 });
    expectClose(exponential, Math.exp, { min: -1, max: 1 });
  });

  test('exp of its limits', () => {
    expect(exponential(0)).toBe(1);
    expect(exponential(-746)).toBe(0);
    expect(exponential(710)).toBe(Number.POSITIVE_INFINITY);
    expect(exponential(Number.NEGATIVE_INFINITY)).toBe(0);
    expect(exponential(Number.NaN)).toBeNaN();
    expect(exponential(-745)).toBe(5e-324);
  });

  test('log agrees with Math.log to 1e-15, subnormal numbers included', () => {
    expectClose(logarithm, Math.log, { min: 5e-324, max: Number.MAX_VALUE });
    expectClose(logarithm, Math.log, { min: 0.5, max: 2 });
  });

  test('log of its limits', () => {
    expect(logarithm(1)).toBe(0);
    expect(logarithm(0)).toBe(Number.NEGATIVE_INFINITY);
    expect(logarithm(-1)).toBeNaN();
    expect(logarithm(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });

  test('tanh agrees with Math.tanh to 1e-15', () => {
    expectClose(hyperbolicTangent, Math.tanh, { min: -30, max: 30 });
    expectClose(hyperbolicTangent, Math.tanh, { min: -1e-3, max: 1e-3 });
  });

  test('the logistic function is antisymmetric around 1/2 and increases', () => {
    fc.assert(
      fc.property(fc.double({ min: -40, max: 40, noNaN: true }), (x) => {
        expect(logistic(x) + logistic(-x)).toBeCloseTo(1, 15);
        expect(logistic(x)).toBeLessThanOrEqual(logistic(x + 1e-3));
      }),
    );
    expect(logistic(0)).toBe(0.5);
  });

  // Values of Abramowitz and Stegun, table 7.1, and of mpmath to 17 digits.
  test.each([
    [0, 0],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [1.5, 0.9661051464753108],
    [2, 0.9953222650189527],
    [2.5, 0.999593047982555],
    [3, 0.9999779095030014],
  ])('erf(%f) is %f', (x, expected) => {
    expect(relativeError(errorFunction(x), expected)).toBeLessThan(1e-15);
    expect(errorFunction(-x)).toBe(-errorFunction(x));
  });

  test.each([
    [0.5, 0.4795001221869535],
    [1, 0.15729920705028513],
    [2, 0.004677734981047266],
    [3, 2.209049699858544e-5],
    [5, 1.5374597944280349e-12],
    [10, 2.088487583762545e-45],
  ])('1 - erf(%f) is %f', (x, expected) => {
    expect(relativeError(complementaryErrorFunction(x), expected)).toBeLessThan(1e-13);
  });

  test('every engine gets the same bits', () => {
    const inputs = Float64Array.from({ length: 4001 }, (_, i) => (i - 2000) / 97);
    const hash = createHash('sha256');
    for (const apply of [exponential, hyperbolicTangent, logistic, errorFunction]) {
      hash.update(new Uint8Array(inputs.map(apply).buffer));
    }
    hash.update(new Uint8Array(inputs.map((x) => logarithm(Math.abs(x) + 0.001)).buffer));
    expect(hash.digest('hex').slice(0, 16)).toBe('9b091d443b517dff');
  });
});
