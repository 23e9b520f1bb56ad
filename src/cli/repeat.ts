import { pacer } from '../compress/pace.js';
import type { Tensor } from '../graph/tensor.js';
import type { Model } from '../index.js';
import { percentile } from './statistics.js';

/** Runs after the first, which is slower: caches are cold and the engine has not optimised its code. */
const usualRepeats = 5;
/** Where runs take long, none is begun after this time unless a number of them is asked for. */
const patienceMs = 1000;

/** The result of a model and how long it took. */
export interface Repeated {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly firstMs: number;
  /** Median of the runs after the first; none without any. */
  readonly medianMs?: number;
  /** Runs after the first. */
  readonly repeats: number;
}

/** Runs a model once for its result and then again for its time. */
export async function runRepeatedly(
  model: Model,
  inputs: Readonly<Record<string, Tensor>>,
  repeats: number | undefined,
  signal: AbortSignal,
): Promise<Repeated> {
  const pace = pacer(signal);
  const timed = async () => {
    await pace();
    const begin = performance.now();
    const outputs = await model.run(inputs);
    return { outputs, ms: performance.now() - begin };
  };
  const { outputs, ms: firstMs } = await timed();
  const times: number[] = [];
  let spent = firstMs;
  while (times.length < (repeats ?? usualRepeats) && (repeats !== undefined || spent < patienceMs)) {
    const { ms } = await timed();
    times.push(ms);
    spent += ms;
  }
  const median = times.length > 0 && { medianMs: percentile(times, 50) };
  return { outputs, firstMs, ...median, repeats: times.length };
}
