import type { Tensor } from '../../graph/tensor.js';
import type { Explanation } from '../explain.js';
import type { Model } from '../model.js';
import { checkProfileOptions, checkRunOptions, type ProfileOptions, type RunOptions } from '../options.js';
import type { ModelPort, TensorLike } from '../ports.js';
import type { Profile } from '../profile.js';
import { type LayerSpikes, withSpikes } from '../spikes.js';
import type { Stream } from '../stream.js';
import type { Calls } from './calls.js';
import { portableInputs } from './portable.js';
import type { OpenedModel } from './protocol.js';

type Inputs = Readonly<Record<string, TensorLike>>;

/** A model in a worker. Inputs are copied to it; outputs come back as the caller's own. */
export class RemoteModel implements Model {
  readonly name: string;
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  readonly #explanation: Explanation;
  readonly #calls: Calls;
  #spikes: readonly LayerSpikes[] = [];

  constructor(calls: Calls, { name, inputs, outputs, explanation }: OpenedModel) {
    this.name = name;
    this.inputs = inputs;
    this.outputs = outputs;
    this.#explanation = explanation;
    this.#calls = calls;
  }

  async run(inputs: Inputs, options: RunOptions = {}): Promise<Record<string, Tensor>> {
    checkRunOptions(options);
    const { signal, certain } = options;
    const sent = portableInputs(this.inputs, inputs);
    const start = (id: number) => this.#calls.server.run(id, sent, signal !== undefined, certain);
    const { outputs, spikes } = await this.#calls.call(start, signal);
    this.#spikes = spikes;
    return outputs;
  }

  explain(): Explanation {
    return { ...this.#explanation, layers: withSpikes(this.#explanation.layers, this.#spikes) };
  }

  async stream(): Promise<Stream> {
    const calls = this.#calls;
    const { remoteStream } = await import('./remote-stream.js');
    return remoteStream(calls, await calls.call((id) => calls.server.openStream(id)));
  }

  async profile(inputs: Inputs, options: ProfileOptions = {}): Promise<Profile> {
    checkProfileOptions(options);
    const { signal, runs } = options;
    const sent = portableInputs(this.inputs, inputs);
    const start = (id: number) => this.#calls.server.measure(id, sent, runs, signal !== undefined);
    const times = await this.#calls.call(start, signal);
    this.#spikes = times.spikes;
    const { profileOf } = await import('../profile.js');
    return profileOf(this.#explanation.layers, times);
  }

  close(): void {
    this.#calls.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
