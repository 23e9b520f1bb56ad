import type { LayerExplanation } from './explain.js';
import { type LayerSpikes, withSpikes } from './spikes.js';

export interface LayerProfile extends LayerExplanation {
  /** Median over the runs. */
  readonly medianMs: number;
  /** Multiply-accumulates per second, in 10^9. */
  readonly gmacsPerSecond: number;
}

/** When each step of each run began and ended: plain data. */
export interface StepTimes {
  readonly runs: number;
  /** Layer and kernel of each step. */
  readonly steps: readonly { readonly layer: number; readonly kernel: string }[];
  /** Milliseconds since the first run began; step s of run r is at r * steps + s. */
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  /** Of the last run. */
  readonly spikes: readonly LayerSpikes[];
}

/** An event of Chrome's trace format; times are in microseconds. */
export interface TraceEvent {
  readonly name: string;
  readonly cat: string;
  readonly ph: 'X';
  readonly ts: number;
  readonly dur: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: Readonly<Record<string, number | string>>;
}

/** The JSON that chrome://tracing and Perfetto open. */
export interface ChromeTrace {
  readonly displayTimeUnit: 'ms';
  readonly traceEvents: readonly TraceEvent[];
}

/**
 * Where the time of a run goes. Browsers round clocks (to 0.1 ms in pages that are not cross-origin isolated), so
 * that short layers may show as 0 there.
 */
export interface Profile {
  readonly runs: number;
  /** Median of whole runs. */
  readonly medianMs: number;
  readonly layers: readonly LayerProfile[];
  /** Every kernel call of every run. */
  trace(): ChromeTrace;
}

export function profileOf(layers: readonly LayerExplanation[], times: StepTimes): Profile {
  const { runs, steps } = times;
  const perRun = Array.from({ length: runs }, (_, run) => layerTimes(layers.length, times, run));
  const totals = perRun.map((_, run) => {
    const first = run * steps.length;
    return (times.ends[first + steps.length - 1] ?? 0) - (times.starts[first] ?? 0);
  });
  return {
    runs,
    medianMs: median(totals),
    layers: withSpikes(layers, times.spikes).map((layer, i) => {
      const medianMs = median(perRun.map((run) => run[i] ?? 0));
      return { ...layer, medianMs, gmacsPerSecond: medianMs > 0 ? layer.macs / medianMs / 1e6 : 0 };
    }),
    trace: () => ({ displayTimeUnit: 'ms', traceEvents: traceEvents(layers, times) }),
  };
}

function layerTimes(layers: number, { steps, starts, ends }: StepTimes, run: number): Float64Array {
  const sums = new Float64Array(layers);
  steps.forEach(({ layer }, s) => {
    const at = run * steps.length + s;
    sums[layer] = (sums[layer] ?? 0) + (ends[at] ?? 0) - (starts[at] ?? 0);
  });
  return sums;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function traceEvents(layers: readonly LayerExplanation[], times: StepTimes): TraceEvent[] {
  const { runs, steps, starts, ends } = times;
  return Array.from({ length: runs * steps.length }, (_, at) => {
    const step = steps[at % steps.length];
    const layer = layers[step?.layer ?? 0];
    const start = starts[at] ?? 0;
    return {
      name: layer?.name ?? '',
      cat: layer?.op ?? '',
      ph: 'X',
      ts: start * 1000,
      dur: ((ends[at] ?? 0) - start) * 1000,
      pid: 1,
      tid: 1,
      args: { kernel: step?.kernel ?? '', run: Math.floor(at / steps.length), layerMacs: layer?.macs ?? 0 },
    };
  });
}
