/** The value below which the given fraction of the samples lies, by linear interpolation. */
export function quantile(samples: readonly number[], fraction: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const position = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

export interface Spread {
  readonly median: number;
  /** First and ninth decile. */
  readonly low: number;
  readonly high: number;
}

export const spreadOf = (samples: readonly number[]): Spread => ({
  median: median(samples),
  low: quantile(samples, 0.1),
  high: quantile(samples, 0.9),
});

export interface Ratio {
  /** Ratio of the medians. */
  readonly ratio: number;
  /** First and ninth decile of the ratios taken round by round. */
  readonly low: number;
  readonly high: number;
}

/** How many times longer `slower` takes than `faster`; samples of the same index were taken side by side. */
export function ratioOf(slower: readonly number[], faster: readonly number[]): Ratio {
  const { low, high } = spreadOf(slower.map((sample, i) => sample / (faster[i] ?? Number.NaN)));
  return { ratio: median(slower) / median(faster), low, high };
}
