import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { floatFromHalf, packHalves, unpackHalves } from '../../src/format/half.js';

const roundTrip = (value: number): number =>
  unpackHalves(packHalves(Float32Array.of(value)))[0] ?? Number.NaN;

/** The f16 nearest to a number by search over all finite ones; ties go to the even bit pattern. */
function nearestHalf(value: number): number {
  let best = 0;
  let distance = Number.POSITIVE_INFINITY;
  for (let half = 0; half < 0x7c00; half++) {
    const d = Math.abs(Math.abs(value) - floatFromHalf(half));
    if (d < distance || (d === distance && half % 2 === 0)) {
      best = half;
      distance = d;
    }
  }
  return Math.sign(value) * floatFromHalf(best);
}

describe('f16 storage', () => {
  test('every f16 but not-a-number comes back as the same bits', () => {
    for (let half = 0; half < 0x10000; half++) {
      const value = floatFromHalf(half);
      if (Number.isNaN(value)) continue;
      const bytes = packHalves(Float32Array.of(value));
      expect((bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8)).toBe(half);
    }
  });

  test('rounds to the nearest, ties to even', () => {
    const reals = fc.oneof(
      fc.float({ min: Math.fround(-65000), max: 65000, noNaN: true }),
      fc.float({ min: Math.fround(-1e-3), max: Math.fround(1e-3), noNaN: true }),
      fc.integer({ min: 0, max: 0x7bff }).map((h) => (floatFromHalf(h) + floatFromHalf(h - 1)) / 2),
    );
    fc.assert(
      fc.property(reals, (value) => {
        expect(Math.abs(roundTrip(value))).toBe(Math.abs(nearestHalf(Math.fround(value))));
      }),
      { numRuns: 60 },
    );
  });

  test('keeps infinities and not-a-number; beyond the range is infinite', () => {
    expect(roundTrip(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(roundTrip(-1e6)).toBe(Number.NEGATIVE_INFINITY);
    expect(roundTrip(65519)).toBe(65504);
    expect(roundTrip(65520)).toBe(Number.POSITIVE_INFINITY);
    expect(roundTrip(Number.NaN)).toBeNaN();
  });
});
