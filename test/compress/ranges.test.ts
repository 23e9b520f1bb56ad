import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createHistogram,
  forEachBin,
  type Histogram,
  observe,
} from '../../src/compress/quantize/histogram.js';
import { calibrate, quantizationOf, rangeOf } from '../../src/compress/quantize/range.js';
import { dequantize, quantize } from '../../src/graph/quantized.js';
import { noise } from './nets.js';

function histogramOf(...parts: readonly ArrayLike<number>[]): Histogram {
  const histogram = createHistogram();
  for (const part of parts) observe(histogram, part);
  return histogram;
}

const values = fc
  .record({ seed: fc.integer({ min: 1, max: 1_000_000 }), power: fc.integer({ min: -20, max: 20 }) })
  .map(({ seed, power }) => noise(seed, 500).map((x) => x * 2 ** power));

describe('histograms', () => {
  it('come out the same in whatever parts and order the values come', () => {
    fc.assert(
      fc.property(values, values, fc.nat(500), (a, b, cut) => {
        const whole = histogramOf(Float32Array.from([...a, ...b]));
        const parts = histogramOf(b, a.subarray(cut), a.subarray(0, cut));
        expect(parts.counts.every((count, bin) => count === whole.counts[bin])).toBe(true);
        expect([parts.minimum, parts.maximum, parts.total]).toEqual([whole.minimum, whole.maximum, 1000]);
      }),
      { numRuns: 60 },
    );
  });

  it('count every value in a bin that is near it', () => {
    fc.assert(
      fc.property(values, (a) => {
        const histogram = histogramOf(a);
        const magnitude = a.reduce((m, x) => Math.max(m, Math.abs(x)), 0);
        const sorted = [...a].sort((x, y) => x - y);
        let seen = 0;
        let farthest = 0;
        forEachBin(histogram, (centre, count) => {
          for (const value of sorted.slice(seen, seen + count)) {
            farthest = Math.max(farthest, Math.abs(value - centre));
          }
          seen += count;
        });
        expect(seen).toBe(500);
        expect(farthest).toBeLessThanOrEqual(magnitude / 2048);
      }),
      { numRuns: 40 },
    );
  });
});

describe('calibration', () => {
  it('takes all, all but the outermost, or what costs least', () => {
    const bulk = noise(3, 100_000);
    const outlier = Float32Array.of(40);
    const histogram = histogramOf(bulk, outlier);
    const whole = calibrate(histogram, 'minmax', 99.99);
    expect(whole).toEqual({ least: histogram.minimum, greatest: 40 });
    const most = calibrate(histogram, 'percentile', 99.9);
    expect(most.greatest).toBeLessThan(3);
    expect(bulk.filter((x) => x > most.greatest).length / 1e5).toBeLessThanOrEqual(0.001);
    expect(bulk.filter((x) => x < most.least).length / 1e5).toBeLessThanOrEqual(0.001);
    const error = (range: typeof whole): number => {
      const quantization = quantizationOf(range);
      return [...bulk, 40].reduce(
        (sum, x) => sum + (x - dequantize(quantize(x, quantization), quantization)) ** 2,
        0,
      );
    };
    const best = calibrate(histogram, 'mse', 99.99);
    expect(error(best)).toBeLessThanOrEqual(1.02 * Math.min(error(whole), error(most)));
  });

  it('keeps zero in every range, and a range of positive values at zero point 0', () => {
    for (const calibration of ['minmax', 'percentile', 'mse'] as const) {
      const above = calibrate(histogramOf(Float32Array.of(3, 4, 5)), calibration, 99.99);
      expect(above.least).toBe(0);
      expect(quantizationOf(above).zeroPoint).toBe(0);
      const below = calibrate(histogramOf(Float32Array.of(-3, -4, -5)), calibration, 99.99);
      expect(below.greatest).toBe(0);
      expect(quantizationOf(below).zeroPoint).toBe(255);
      expect(quantizationOf(calibrate(histogramOf(new Float32Array(5)), calibration, 99))).toEqual({
        scale: 1,
        zeroPoint: 0,
      });
    }
    expect(rangeOf(1, 2)).toEqual({ least: 0, greatest: 2 });
  });

  it('represents every value of a range to half a step, whatever its size', () => {
    fc.assert(
      fc.property(values, (a) => {
        const range = calibrate(histogramOf(a), 'minmax', 99.99);
        const quantization = quantizationOf(range);
        for (const x of a) {
          const back = dequantize(quantize(x, quantization), quantization);
          // The zero point is rounded too, which may cost half a step more at one end.
          expect(Math.abs(back - x)).toBeLessThanOrEqual(1.001 * quantization.scale);
        }
      }),
      { numRuns: 60 },
    );
  });
});
