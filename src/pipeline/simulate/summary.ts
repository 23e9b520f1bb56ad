import type { Schedule } from '../schedule.js';

/** Seconds from the source to the result. */
export interface LatencySummary {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly greatest: number;
}

/** The value that a share of the values does not exceed: nearest rank. */
function percentile(ascending: readonly number[], share: number): number {
  const rank = Math.ceil(share * ascending.length);
  return ascending[Math.max(0, rank - 1)] ?? Number.NaN;
}

export function latencySummary(latencies: readonly number[]): LatencySummary {
  const ascending = [...latencies].sort((a, b) => a - b);
  return {
    mean: latencies.reduce((sum, seconds) => sum + seconds, 0) / latencies.length,
    p50: percentile(ascending, 0.5),
    p90: percentile(ascending, 0.9),
    p99: percentile(ascending, 0.99),
    greatest: percentile(ascending, 1),
  };
}

/** When results are handed out, each after those before it; it ends before the first that is missing. */
export function inOrder(times: readonly (number | undefined)[]): readonly number[] {
  const ordered: number[] = [];
  for (let item = 0; item < times.length; item++) {
    const time = times[item];
    if (time === undefined) break;
    ordered.push(Math.max(time, ordered[item - 1] ?? 0));
  }
  return ordered;
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

/** Micro-batches after which the same devices come together again. */
export const cycleOf = ({ stages }: Schedule): number =>
  stages.reduce((cycle, { devices }) => (cycle * devices.length) / greatestDivisor(cycle, devices.length), 1);

/**
 * Seconds between two results over whole cycles in their second half, up to `emptying`, when the last input has left
 * the source: what comes later meets nothing behind it. Over all results where that is too short.
 */
export function steadyPeriod(times: readonly number[], cycle: number, emptying: number): number {
  const last = times.length - 1;
  if (last < 1) return times[0] ?? Number.NaN;
  const end = times.findLastIndex((time) => time <= emptying);
  const cycles = Math.floor((end - last / 2) / cycle);
  const [to, span] = cycles > 0 ? [end, cycles * cycle] : [last, last];
  return ((times[to] ?? 0) - (times[to - span] ?? 0)) / span;
}
