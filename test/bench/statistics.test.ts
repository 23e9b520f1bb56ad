import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alternate } from '../../tools/bench/alternate.js';
import { median, quantile, ratioOf } from '../../tools/bench/statistics.js';

const samples = fc.array(fc.double({ min: 0.01, max: 1000, noNaN: true }), { minLength: 1, maxLength: 40 });

describe('statistics of a benchmark', () => {
  it('takes the middle sample, or the mean of the two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 2, 100])).toBe(3);
  });

  it('interpolates between samples', () => {
    expect(quantile([0, 10], 0.1)).toBeCloseTo(1);
    expect(quantile([3], 0.9)).toBe(3);
  });

  it('leaves a fraction of the samples below a quantile', () => {
    fc.assert(
      fc.property(samples, fc.double({ min: 0, max: 1, noNaN: true }), (values, fraction) => {
        const limit = quantile(values, fraction);
        const below = values.filter((value) => value < limit).length;
        expect(below).toBeLessThanOrEqual(Math.ceil(fraction * (values.length - 1)));
      }),
    );
  });

  it('compares medians, and spreads the ratios of single rounds', () => {
    const { ratio, low, high } = ratioOf([2, 4, 60], [1, 2, 3]);
    expect(ratio).toBe(2);
    expect(low).toBe(2);
    expect(high).toBeGreaterThan(10);
  });
});

describe('alternate', () => {
  it('gives every network the same number of turns, in turn', async () => {
    const log: string[] = [];
    const network = (name: string) => ({
      run: async () => {
        log.push(name);
        return new Float32Array();
      },
      close: async () => undefined,
    });
    const times = await alternate([network('a'), network('b')], { rounds: 2, burst: 2, rest: 0 });
    expect(times.map((samplesOfOne) => samplesOfOne.length)).toEqual([2, 2]);
    expect(log.join('')).toBe('aaabbb'.repeat(5));
  });
});
