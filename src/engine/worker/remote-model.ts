import type { Tensor } from '../../graph/tensor.js';
import type { Explanation } from '../explain.js';
import type { Model } from '../model.js';
import { checkProfileOptions, checkRunOptions, type ProfileOptions, type RunOptions } from '../options.js';
import type { ModelPort, TensorLike } from '../ports.js';
import { type Profile, profileOf } from '../profile.js';
import type { Calls } from './calls.js';
import type { OpenedModel } from './protocol.js';

type Inputs = Readonly<Record<string, TensorLike>>;

/** A model in a worker. Inputs are copied to it; outputs come back as the caller's own. */
export class RemoteModel implements Model {
  readonly name: string;
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  readonly #explanation: Explanation;
  readonly #calls: Calls;

  constructor(calls: Calls, { name, inputs, outputs, explanation }: OpenedModel) {
    this.name = name;
    this.inputs = inputs;
    this.outputs = outputs;
    this.#explanation = explanation;
    this.#calls = calls;
  }

  async run(inputs: Inputs, options: RunOptions = {}): Promise<Record<string, Tensor>> {
    checkRunOptions(options);
    const { signal } = options;
    return this.#calls.call((id) => this.#calls.server.run(id, inputs, signal !== undefined), signal);
  }

  explain(): Explanation {
    return this.#explanation;
  }

  async profile(inputs: Inputs, options: ProfileOptions = {}): Promise<Profile> {
    checkProfileOptions(options);
    const { signal, runs } = options;
    const start = (id: number) => this.#calls.server.measure(id, inputs, runs, signal !== undefined);
    return profileOf(this.#explanation.layers, await this.#calls.call(start, signal));
  }

  close(): void {
    this.#calls.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
