import { roundHalfEven } from '../../graph/quantized.js';
import type { Quantization } from '../../graph/tensor.js';
import { binWidth, forEachBin, type Histogram } from './histogram.js';

/** Real numbers that a quantized value is to stand for; contains zero. */
export interface Range {
  readonly least: number;
  readonly greatest: number;
}

/** How the range of an activation is chosen from what was observed. */
export type Calibration =
  /** All that was seen. */
  | 'minmax'
  /** All but the outermost fraction on each side. */
  | 'percentile'
  /** Least squared error of the quantized values over clipped ranges. */
  | 'mse';

/** A range that contains zero. */
export const rangeOf = (least: number, greatest: number): Range => ({
  least: Math.min(least, 0),
  greatest: Math.max(greatest, 0),
});

export const unionOf = (a: Range, b: Range): Range =>
  rangeOf(Math.min(a.least, b.least), Math.max(a.greatest, b.greatest));

/** Smallest scale given out: its inverse must be a finite f32. */
const smallestScale = 2 ** -100;

/** The u8 quantization of a range. Zero is represented exactly; an empty range gets scale 1. */
export function quantizationOf({ least, greatest }: Range): Quantization {
  if (greatest === least) return { scale: 1, zeroPoint: 0 };
  const scale = Math.fround(Math.max((greatest - least) / 255, smallestScale));
  return { scale, zeroPoint: Math.min(255, Math.max(0, roundHalfEven(-least / scale))) };
}

/** The u8 quantization around zero, its zero point 128. */
export function symmetricQuantization({ least, greatest }: Range): Quantization {
  const largest = Math.max(-least, greatest);
  return { scale: largest === 0 ? 1 : Math.fround(Math.max(largest / 127, smallestScale)), zeroPoint: 128 };
}

/** Chooses the range of what a histogram saw. `percentile` is used by that calibration only. */
export function calibrate(histogram: Histogram, calibration: Calibration, percentile: number): Range {
  if (histogram.total === 0) return { least: 0, greatest: 0 };
  const seen = rangeOf(histogram.minimum, histogram.maximum);
  switch (calibration) {
    case 'minmax':
      return seen;
    case 'percentile':
      return percentileRange(histogram, percentile, seen);
    case 'mse':
      return leastErrorRange(histogram, seen);
  }
}

function percentileRange(histogram: Histogram, percentile: number, seen: Range): Range {
  const half = binWidth(histogram) / 2;
  const outside = histogram.total * (1 - percentile / 100);
  let below = 0;
  let least = Number.NaN;
  let greatest = 0;
  forEachBin(histogram, (centre, count) => {
    if (below + count > outside && Number.isNaN(least)) least = centre - half;
    if (below < histogram.total - outside) greatest = centre + half;
    below += count;
  });
  return rangeOf(Math.max(least, seen.least), Math.min(greatest, seen.greatest));
}

/** Fractions of the seen range that are tried as clips. */
const clipFractions = Array.from({ length: 96 }, (_, i) => 1 - i / 128);

function leastErrorRange(histogram: Histogram, seen: Range): Range {
  const bins = filledBins(histogram);
  let best = seen;
  let bestError = squaredError(bins, seen);
  const consider = (candidate: Range): void => {
    const error = squaredError(bins, candidate);
    if (error >= bestError) return;
    best = candidate;
    bestError = error;
  };
  for (let round = 0; round < 2; round++) {
    for (const f of clipFractions) consider({ least: best.least, greatest: seen.greatest * f });
    for (const f of clipFractions) consider({ least: seen.least * f, greatest: best.greatest });
  }
  return best;
}

/** Centres and counts of the bins that are not empty. */
interface Bins {
  readonly centres: Float64Array;
  readonly counts: Float64Array;
}

function filledBins(histogram: Histogram): Bins {
  const centres: number[] = [];
  const counts: number[] = [];
  forEachBin(histogram, (centre, count) => {
    centres.push(centre);
    counts.push(count);
  });
  return { centres: Float64Array.from(centres), counts: Float64Array.from(counts) };
}

function squaredError({ centres, counts }: Bins, range: Range): number {
  const { scale, zeroPoint } = quantizationOf(range);
  const lowest = -zeroPoint;
  const highest = 255 - zeroPoint;
  let error = 0;
  for (let i = 0; i < centres.length; i++) {
    const centre = centres[i] ?? 0;
    const q = Math.min(highest, Math.max(lowest, roundHalfEven(centre / scale)));
    const difference = centre - q * scale;
    error += (counts[i] ?? 0) * difference * difference;
  }
  return error;
}
