/// <reference lib="esnext.disposable" preserve="true" />
import type { Tensor } from '../graph/tensor.js';
import type { Explanation } from './explain.js';
import type { ProfileOptions, RunOptions } from './options.js';
import type { ModelPort, TensorLike } from './ports.js';
import type { Profile } from './profile.js';
import type { Stream } from './stream.js';

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
   *
   * // A spiking model, no longer than it takes to be certain:
   * const { scores, steps } = await model.run({ events }, { certain: 2.5 });
   */
  run(inputs: Readonly<Record<string, TensorLike>>, options?: RunOptions): Promise<Record<string, Tensor>>;
  /** How the model runs here: kernels, threads, memory and each layer, with the spikes of the last run. */
  explain(): Explanation;
  /** Runs the model several times and measures each layer. Rejects as {@link Model.run} does. */
  profile(inputs: Readonly<Record<string, TensorLike>>, options?: ProfileOptions): Promise<Profile>;
  /**
   * Opens a stream: the model fed one time step at a time, with neurons that keep their state. Each has memory and
   * threads of its own, and lives until it or the model is closed.
   *
   * Rejects with `unsupported` for a model without neurons, or one that needs all its steps at once.
   *
   * @example
   * const stream = await model.stream();
   * for (const frame of frames) console.log(await stream.step({ events: frame }));
   * stream.close();
   */
  stream(): Promise<Stream>;
  /** Gives memory, threads and worker back. Calls under way and later ones reject with `closed`. */
  close(): void;
  [Symbol.dispose](): void;
}
