import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dequantize, quantize, requantize, roundHalfEven, toQuantized } from '../../src/graph/quantized.js';
import { quantizations } from './run.js';

describe('integer arithmetic', () => {
  test.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [-2.5, -2],
    [0.49999997, 0],
    [7.50001, 8],
  ])('%f rounds to %i', (x, expected) => {
    expect(roundHalfEven(x) + 0).toBe(expected);
  });

  test('quantized values saturate at 0 and 255', () => {
    expect(toQuantized(1e30, 3)).toBe(255);
    expect(toQuantized(-1e30, 3)).toBe(0);
    expect(toQuantized(Number.POSITIVE_INFINITY, 3)).toBe(255);
    expect(toQuantized(-3.5, 3)).toBe(0);
    expect(toQuantized(251.5, 3)).toBe(255);
  });

  test('requantize rounds the accumulator to f32 before it multiplies', () => {
    // 2^24 + 1 is not an f32: it becomes 2^24, whose product is the tie 2.5 and not a little more.
    expect(requantize(2 ** 24 + 1, 2.5 / 2 ** 24, 0)).toBe(2);
    expect(requantize(-(2 ** 24 + 1), 2.5 / 2 ** 24, 200)).toBe(198);
  });

  test('requantize rounds the product to f32 before it rounds to an integer', () => {
    // 3 * fround(1 / 6) is a little more than the tie 0.5, but not as an f32.
    expect(requantize(3, Math.fround(1 / 6), 0)).toBe(0);
  });

  test('quantize undoes dequantize for every byte', () => {
    fc.assert(
      fc.property(quantizations(), (q) => {
        for (let byte = 0; byte < 256; byte++) expect(quantize(dequantize(byte, q), q)).toBe(byte);
      }),
    );
  });

  test('not-a-number becomes the zero point', () => {
    expect(quantize(Number.NaN, { scale: 1, zeroPoint: 77 })).toBe(77);
  });
});
