import type { PruneScope } from './options.js';

/** What is to be known of a layer to decide how much of it stays. */
export interface Candidate {
  /** Mean square of each unit. */
  readonly magnitudes: Float64Array;
  readonly weights: number;
  /** Least share of its units that stays. */
  readonly leastDensity: number;
}

/**
 * Units that each layer keeps so that all layers together keep `density` of their weights, or more where least
 * densities ask for it.
 *
 * Between layers a unit is judged by its magnitude over the sum of its own and all greater ones of the layer (LAMP,
 * Lee et al. 2021, arXiv:2010.07611): scales of layers do not matter, and no layer loses its last unit.
 */
export function keptUnits(
  candidates: readonly Candidate[],
  density: number,
  scope: PruneScope,
): readonly number[] {
  const least = candidates.map(({ magnitudes, leastDensity }) =>
    Math.max(1, Math.ceil(leastDensity * magnitudes.length)),
  );
  if (scope === 'layer') {
    return candidates.map(({ magnitudes }, i) =>
      Math.max(least[i] ?? 1, Math.round(density * magnitudes.length)),
    );
  }
  const scores = candidates.map(({ magnitudes }) => relativeMagnitudes(magnitudes));
  const keptAbove = (threshold: number): readonly number[] =>
    scores.map((sorted, i) => Math.max(least[i] ?? 1, sorted.length - firstAtLeast(sorted, threshold)));
  const total = candidates.reduce((sum, { weights }) => sum + weights, 0);
  const isWithin = (kept: readonly number[]): boolean => {
    const weights = candidates.reduce(
      (sum, candidate, i) => sum + ((kept[i] ?? 0) * candidate.weights) / candidate.magnitudes.length,
      0,
    );
    return weights <= density * total + 0.5;
  };
  return keptAbove(lowestThreshold((threshold) => isWithin(keptAbove(threshold))));
}

/** Scores in ascending order, from 0 to 1. */
function relativeMagnitudes(magnitudes: Float64Array): Float64Array {
  const sorted = magnitudes.slice().sort();
  let sum = 0;
  for (let i = sorted.length - 1; i >= 0; i--) {
    const own = sorted[i] ?? 0;
    sum += own;
    sorted[i] = sum > 0 ? own / sum : 0;
  }
  return sorted;
}

function firstAtLeast(sorted: Float64Array, threshold: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < threshold) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Halvings of the range of exponents and then of the significand that leave no two scores apart. */
const bisections = 70;

/** The lowest threshold that `isEnough` accepts, which must accept all above it; scores span many powers of two. */
function lowestThreshold(isEnough: (threshold: number) => boolean): number {
  let low = -100;
  let high = 1;
  if (isEnough(0)) return 0;
  for (let i = 0; i < bisections; i++) {
    const middle = (low + high) / 2;
    if (isEnough(2 ** middle)) high = middle;
    else low = middle;
  }
  return 2 ** high;
}

/** Which units stay: the `kept` greatest, of equal ones the first. */
export function greatestUnits(magnitudes: Float64Array, kept: number): Uint8Array {
  const sorted = magnitudes.slice().sort();
  const threshold = sorted[sorted.length - kept] ?? Number.POSITIVE_INFINITY;
  const stays = magnitudes.length - firstAtLeast(sorted, threshold);
  const mask = new Uint8Array(magnitudes.length);
  let surplus = stays - kept;
  for (let i = magnitudes.length - 1; i >= 0; i--) {
    const magnitude = magnitudes[i] ?? 0;
    if (magnitude < threshold) continue;
    if (magnitude === threshold && surplus > 0) surplus--;
    else mask[i] = 1;
  }
  return mask;
}
