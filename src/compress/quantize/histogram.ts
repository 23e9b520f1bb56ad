/**
 * Counts of observed values in equal bins over [-limit, limit). The limit is a power of two that doubles, merging
 * bins in pairs, whenever a larger value comes, so that one pass over a stream is enough.
 */
export interface Histogram {
  limit: number;
  readonly counts: Float64Array;
  minimum: number;
  maximum: number;
  total: number;
}

/** At least a quarter of the bins lie on the side of zero where the values are. */
const binCount = 8192;
const smallestLimit = 2 ** -100;

export function createHistogram(): Histogram {
  return {
    limit: smallestLimit,
    counts: new Float64Array(binCount),
    minimum: Number.POSITIVE_INFINITY,
    maximum: Number.NEGATIVE_INFINITY,
    total: 0,
  };
}

/** Adds finite values to a histogram. */
export function observe(histogram: Histogram, values: ArrayLike<number>): void {
  let least = histogram.minimum;
  let greatest = histogram.maximum;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  histogram.minimum = least;
  histogram.maximum = greatest;
  histogram.total += values.length;
  growTo(histogram, Math.max(Math.abs(least), Math.abs(greatest)));
  const { counts } = histogram;
  const perUnit = binCount / 2 / histogram.limit;
  for (let i = 0; i < values.length; i++) {
    const bin = Math.floor((values[i] ?? 0) * perUnit) + binCount / 2;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
}

function growTo(histogram: Histogram, magnitude: number): void {
  if (magnitude < histogram.limit) return;
  let factor = 1;
  while (magnitude >= histogram.limit) {
    histogram.limit *= 2;
    factor *= 2;
  }
  const { counts } = histogram;
  const merged = new Float64Array(binCount);
  for (let bin = 0; bin < binCount; bin++) {
    const target = Math.floor((bin - binCount / 2) / factor) + binCount / 2;
    merged[target] = (merged[target] ?? 0) + (counts[bin] ?? 0);
  }
  counts.set(merged);
}

/** Width of a bin. */
export const binWidth = (histogram: Histogram): number => (2 * histogram.limit) / binCount;

/** Calls `visit` with the centre and the count of every bin that is not empty, in ascending order. */
export function forEachBin(histogram: Histogram, visit: (centre: number, count: number) => void): void {
  const width = binWidth(histogram);
  histogram.counts.forEach((count, bin) => {
    if (count > 0) visit((bin - binCount / 2 + 0.5) * width, count);
  });
}
