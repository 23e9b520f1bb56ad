import type { Executor } from '../../graph/executor.js';
import type { Constant, Tensor } from '../../graph/tensor.js';
import { subgraph } from '../edits.js';
import { createHistogram, forEachBin, type Histogram, observe } from '../quantize/histogram.js';
import { runSamples, type Samples } from '../quantize/samples.js';
import { type Draft, withThresholds } from './rewrite.js';

/** Threshold of a layer whose weighted input is never above zero. */
const fallback = 0.4;

/** The value that `percent` of those counted do not exceed. */
function percentileOf(histogram: Histogram, percent: number): number {
  if (percent === 100) return histogram.maximum;
  const wanted = (histogram.total * percent) / 100;
  let seen = 0;
  let value = histogram.maximum;
  forEachBin(histogram, (centre, count) => {
    if (seen < wanted) value = centre;
    seen += count;
  });
  return Math.min(value, histogram.maximum);
}

/** Adds each step of a current to the histogram of that step. */
function observeSteps(steps: Histogram[], { shape, data }: Tensor): void {
  const [count = 1] = shape;
  const perStep = data.length / count;
  for (let t = 0; t < count; t++) {
    const histogram = steps[t] ?? createHistogram();
    steps[t] = histogram;
    observe(histogram, data.subarray(t * perStep, (t + 1) * perStep));
  }
}

export interface Search {
  readonly percentile: number;
  readonly executor: Executor;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Thresholds of all neurons, layer by layer: at every step the percentile of the weighted input of the layer over all
 * samples, with the layers before it firing by their thresholds already found; of these the greatest.
 */
export async function findThresholds(
  draft: Draft,
  samples: Samples,
  { percentile, executor, signal }: Search,
): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  const constants = new Map<string, Constant>();
  for (const { name, current } of draft.neurons) {
    const part = subgraph(withThresholds(draft.graph, constants), [current]);
    const steps: Histogram[] = [];
    await runSamples(part, samples, { executor, signal, onRun() {} }, ([value]) => {
      if (value) observeSteps(steps, value);
    });
    const greatest = steps.reduce((most, step) => Math.max(most, percentileOf(step, percentile)), 0);
    const threshold = Math.fround(greatest > 0 ? greatest : fallback);
    found.set(name, threshold);
    constants.set(name, { dtype: 'f32', shape: [1], data: Float32Array.of(threshold) });
  }
  return found;
}
