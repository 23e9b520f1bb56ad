import { relaxedDot } from './kernels/choose.js';
import { supportsSimd } from './kernels/relaxed-dot.js';
import { threadsUnavailable } from './kernels/thread-support.js';

/** What this JavaScript engine can do for models. */
export interface Capabilities {
  /** WebAssembly SIMD, without which nothing runs. */
  readonly simd: boolean;
  /** The dot product that relaxed SIMD computes; `undefined` where it is missing or not exact. */
  readonly relaxedDot: 'usdot' | 'sdot' | undefined;
  readonly threads: boolean;
  /** Why there are no threads, and what would change it. */
  readonly threadsReason: string | undefined;
}

/**
 * What this page or process can use, asked before a model is loaded.
 *
 * @example
 * import { capabilities } from 'spikelet';
 *
 * const { threads, threadsReason } = await capabilities();
 * if (!threads) console.log(threadsReason);
 */
export async function capabilities(): Promise<Capabilities> {
  const simd = supportsSimd();
  const threadsReason = threadsUnavailable();
  return {
    simd,
    relaxedDot: simd ? relaxedDot() : undefined,
    threads: threadsReason === undefined,
    threadsReason,
  };
}
