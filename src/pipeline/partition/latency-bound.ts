import type { Problem } from './problem.js';

/** Sums of a schedule and of its bound are taken in different orders: a bound must not refuse what equals it. */
const slack = 1 + 1e-9;

/** Seconds that whatever is left after the layer before each index takes at least. */
export function leastRemaining({ layers, seconds, departures }: Problem): Float64Array {
  const least = new Float64Array(layers + 1);
  least[layers] = Math.min(...departures.map(({ latency }) => latency));
  for (let layer = layers - 1; layer >= 0; layer--) {
    const fastest = Math.min(...seconds.map((times) => times[layer * (layers + 1) + layer + 1] ?? 0));
    least[layer] = (least[layer + 1] ?? 0) + fastest;
  }
  return least;
}

/** The latency of the best schedule of a single stage, infinite where there is none under the ceiling. */
export function singleStageLatency(problem: Problem, hasRoom: Uint8Array, ceiling: number): number {
  const { layers, units, seconds, fits, arrivals, departures } = problem;
  let least = Number.POSITIVE_INFINITY;
  units.forEach(({ replicas }, unit) => {
    const [arrival, departure] = [arrivals[unit], departures[unit]];
    const time = seconds[unit]?.[layers] ?? Number.POSITIVE_INFINITY;
    if (hasRoom[unit] !== 1 || fits[unit]?.[layers] !== 1 || !arrival || !departure) return;
    if (Math.max(arrival.period, departure.period, time / replicas) > ceiling) return;
    least = Math.min(least, arrival.latency + time + departure.latency);
  });
  return least;
}

/** What a latency must not exceed where one of `known` has been found. */
export const withSlack = (known: number): number => known * slack;
