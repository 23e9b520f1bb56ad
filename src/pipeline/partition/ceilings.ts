import type { Problem } from './problem.js';
import { reserveOf } from './reserve.js';

/**
 * Every period that a stage or a link of any schedule can have, in ascending order: the least possible bottleneck is
 * one of them.
 */
export function ceilingsOf(problem: Problem): Float64Array {
  const { layers, units, seconds, fits, arrivals, departures } = problem;
  const periods: number[] = [];
  const seen = new Set<string>();
  units.forEach(({ type, replicas }, unit) => {
    const [times, fit] = [seconds[unit], fits[unit]];
    // Units of as many devices of a type differ at most in what fits.
    const key = `${replicas} ${type}`;
    if (seen.has(key) || !times || !fit) return;
    seen.add(key);
    for (let begin = 0; begin < layers; begin++) {
      for (let end = begin + 1; end <= layers; end++)
        periods.push((times[begin * (layers + 1) + end] ?? 0) / replicas);
    }
  });
  for (const { period } of [...arrivals, ...departures]) periods.push(period);
  for (let at = 1; at < layers; at++) {
    for (let from = 0; from < units.length; from++) {
      for (let to = 0; to < units.length; to++) {
        for (const { period } of problem.links(at, from, to)) periods.push(period);
      }
    }
  }
  const sorted = Float64Array.from(periods.filter(Number.isFinite)).sort();
  return sorted.filter((period, i) => i === 0 || period !== sorted[i - 1]);
}

/** A period that no schedule can be below. */
export function leastPeriod(problem: Problem): number {
  const { layers, units, seconds, mostDevices } = problem;
  const { work, speed } = reserveOf(problem);
  let greatest = 0;
  let least = 0;
  for (let at = 0; at < layers; at++) {
    const times = units.map((_, unit) => seconds[unit]?.[at * (layers + 1) + at + 1] ?? 0);
    least += Math.min(...times);
    greatest = Math.max(
      greatest,
      Math.min(...times.map((time, unit) => time / (units[unit]?.replicas ?? 1))),
    );
  }
  // The sums of a schedule are rounded elsewhere.
  const shared = Math.max(least / mostDevices, (work[0] ?? 0) / (speed[0] ?? 1)) * (1 - 1e-9);
  return Math.max(greatest, shared);
}
