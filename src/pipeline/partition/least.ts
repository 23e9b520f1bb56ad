import type { FoundStage } from './search.js';

/** A ceiling under which a schedule was found, with the greatest period that occurs in it. */
export interface Found {
  readonly stages: readonly FoundStage[];
  readonly period: number;
}

/** How much a guess rises while nothing is found. */
const growth = 1.1;

/** Index of the first entry of an ascending list that is at least `value`. */
export function firstAtLeast(ascending: Float64Array, value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * What is found under the least ceiling of a list under which anything is: first by rising guesses from `start`,
 * because low ceilings are quick to refuse, then by halving what is left.
 */
export function leastCeiling(
  ceilings: Float64Array,
  start: number,
  find: (ceiling: number) => Found | undefined,
): Found | undefined {
  let low = firstAtLeast(ceilings, start);
  let guess = low;
  let best: Found | undefined;
  while (guess < ceilings.length && best === undefined) {
    best = find(ceilings[guess] ?? 0);
    if (best === undefined) {
      low = guess + 1;
      guess = Math.max(low, firstAtLeast(ceilings, (ceilings[guess] ?? 0) * growth));
      if (guess >= ceilings.length && low < ceilings.length) guess = ceilings.length - 1;
    }
  }
  if (best === undefined) return undefined;
  let high = Math.min(guess, firstAtLeast(ceilings, best.period));
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = find(ceilings[middle] ?? 0);
    if (found === undefined) {
      low = middle + 1;
    } else {
      best = found;
      high = Math.min(middle, firstAtLeast(ceilings, found.period));
    }
  }
  return best;
}
