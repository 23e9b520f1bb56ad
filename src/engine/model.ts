/// <reference lib="esnext.disposable" preserve="true" />
import type { Tensor } from '../graph/tensor.js';
import type { Explanation } from './explain.js';
import type { ProfileOptions, RunOptions } from './options.js';
import type { ModelPort, TensorLike } from './ports.js';
import type { Profile } from './profile.js';

/** A model ready to run, in this thread or in a worker. */
export interface Model {
  readonly name: string;
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  /**
   * Runs the model. Inputs are copied before the call returns and never detached; outputs are the caller's own.
   * Calls made while one is under way are done in order.
   *
   * Rejects with `invalid-input` for values of the wrong name, shape, type or, in f32, that are not finite; with
   * `closed` once the model is closed; with the signal's reason when it is aborted.
   *
   * @example
   * const { logits } = await model.run({ image: pixels }, { signal: AbortSignal.timeout(1000) });
   */
  run(inputs: Readonly<Record<string, TensorLike>>, options?: RunOptions): Promise<Record<string, Tensor>>;
  /** How the model runs here: kernels, threads, memory and each layer. */
  explain(): Explanation;
  /** Runs the model several times and measures each layer. Rejects as {@link Model.run} does. */
  profile(inputs: Readonly<Record<string, TensorLike>>, options?: ProfileOptions): Promise<Profile>;
  /** Gives memory, threads and worker back. Calls under way and later ones reject with `closed`. */
  close(): void;
  [Symbol.dispose](): void;
}
