/**
 * Factors with mean 1 and a standard deviation of `spread` (at most 0.28), that follow from a seed: a sum of four
 * uniform numbers, so that every machine draws the same. The generator is Mulberry32.
 */
export function jitter(spread: number, seed: number): () => number {
  if (spread === 0) return () => 1;
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  // The sum of four has mean 2 and variance 1 / 3.
  const scale = spread * Math.sqrt(3);
  return () => 1 + scale * (uniform() + uniform() + uniform() + uniform() - 2);
}

/** The greatest spread whose factors are all above 0. */
export const greatestSpread = 0.28;
