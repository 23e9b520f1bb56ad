import { closedError } from '../../engine/closed.js';
import type { Explanation } from '../../engine/explain.js';
import { checkRunOptions, type RunOptions } from '../../engine/options.js';
import type { ModelPort } from '../../engine/ports.js';
import { reasonOf, SpikeletError } from '../../error.js';
import type { Graph } from '../../graph/graph.js';
import { rejectOption } from '../check.js';
import type { Schedule } from '../schedule.js';
import { unlessAborted } from './abort.js';
import { Inlet, Outlet } from './channel.js';
import type { Crew, Post } from './crew.js';
import { resultOf } from './flow.js';
import { copiedInputs } from './inputs.js';
import { Ledger } from './ledger.js';
import type { Inputs, Outputs, Pipeline, StageFigures } from './options.js';
import { orderedMap } from './ordered-map.js';
import { packValues } from './parcel.js';

export interface RunningOptions {
  readonly graph: Pick<Graph, 'name' | 'inputs'>;
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  readonly schedule: Schedule;
  readonly credits: number;
  readonly restarts: number;
}

/** Channels between the lanes of two neighbours, by sender and receiver. */
type Edge = readonly (readonly MessageChannel[])[];

/** The ends of the channels that this thread holds, for as long as no worker dies. */
interface Ends {
  readonly outlets: readonly Outlet[];
  readonly inlets: readonly Inlet[];
}

export class RunningPipeline implements Pipeline {
  readonly name: string;
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  readonly schedule: Schedule;
  readonly #options: RunningOptions;
  readonly #crew: Crew;
  readonly #ledger = new Ledger((isPending) => this.#keepAlive(isPending));
  #ends: Ends | undefined;
  #isRecovering = false;
  #isClosed = false;
  #isPending = false;
  /** Deaths since the last result. */
  #losses = 0;

  constructor(options: RunningOptions, crew: (onLoss: (post: Post, reason: string) => void) => Crew) {
    this.name = options.graph.name;
    this.inputs = options.inputs;
    this.outputs = options.outputs;
    this.schedule = options.schedule;
    this.#options = options;
    this.#crew = crew((post, reason) => this.#onLoss(post, reason));
  }

  /** Starts the workers and connects them, unless `signal` comes first. */
  async start(signal?: AbortSignal): Promise<void> {
    try {
      await this.#crew.fill(signal);
    } catch (error) {
      this.close();
      throw error;
    }
    this.#connect();
  }

  async run(inputs: Inputs, options: RunOptions = {}): Promise<Outputs> {
    checkRunOptions(options);
    const { signal } = options;
    signal?.throwIfAborted();
    if (this.#isClosed) throw closedError();
    const result = this.#ledger.accept(copiedInputs(this.#options.graph.inputs, inputs));
    return signal ? unlessAborted(result, signal) : result;
  }

  map(
    inputs: Iterable<Inputs> | AsyncIterable<Inputs>,
    options: RunOptions = {},
  ): AsyncIterableIterator<Outputs> {
    return orderedMap(
      inputs,
      (item) => this.run(item, options),
      () => this.#capacity(),
      options.signal,
    );
  }

  figures(): Promise<readonly StageFigures[]> {
    return this.#crew.figures();
  }

  explain(): readonly Explanation[] {
    return this.#crew.posts.flatMap(({ lane, worker }) =>
      lane === 0 && worker ? [worker.model.explain()] : [],
    );
  }

  terminate(stage: number, lane = 0): void {
    const post = this.#crew.posts.find((own) => own.stage === stage && own.lane === lane);
    if (!post) rejectOption('stage', `there is no lane ${lane} of a stage ${stage}`);
    this.#crew.terminate(post);
  }

  close(): void {
    this.#end(closedError());
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #end(error: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#disconnect();
    this.#crew.dismiss();
    this.#ledger.close(error);
  }

  /** Items that keep every stage busy. */
  #capacity(): number {
    const { credits } = this.#options;
    return this.schedule.stages.reduce((sum, { devices }) => sum + devices.length * (credits + 1), credits);
  }

  #onLoss({ stage, device }: Post, reason: string): void {
    if (this.#isClosed) return;
    this.#disconnect();
    if (this.#bears(reason, `stage ${stage} (${device})`)) void this.#recover();
  }

  /** Counts a death. After too many of them without a result in between it is the end. */
  #bears(reason: string, where: string): boolean {
    if (++this.#losses <= this.#options.restarts) return true;
    const message = `workers died ${this.#losses} times without a result in between (${reason}): it was given up`;
    this.#end(new SpikeletError('closed', message, { where }));
    return false;
  }

  /** Puts new workers in the place of those that died, and sends again whatever has no result. */
  async #recover(): Promise<void> {
    if (this.#isRecovering) return;
    this.#isRecovering = true;
    try {
      await this.#fillAll();
      if (!this.#isClosed) this.#connect();
    } catch (error) {
      this.#end(error);
    } finally {
      this.#isRecovering = false;
    }
  }

  async #fillAll(): Promise<void> {
    while (!this.#isClosed && this.#crew.posts.some(({ worker }) => worker === undefined)) {
      try {
        await this.#crew.fill();
      } catch (error) {
        // A worker that dies while it starts has died like any other.
        const isDeath = error instanceof SpikeletError && error.code === 'closed';
        if (!isDeath || this.#isClosed) throw error;
        if (!this.#bears(reasonOf(error), error.where ?? 'worker')) return;
      }
    }
  }

  #connect(): void {
    const { stages, transfers } = this.schedule;
    const laneCount = (stage: number): number => stages[stage]?.devices.length ?? 1;
    const edges = transfers.map((_, i): Edge => makeEdge(laneCount(i - 1), laneCount(i)));
    for (const post of this.#crew.posts) {
      const { stage, lane, lanes: own } = post;
      this.#crew.connect(post, {
        ...{ lane, lanes: own, first: this.#ledger.first, credits: this.#options.credits },
        inputs: (edges[stage] ?? []).flatMap((row) => row[lane]?.port2 ?? []),
        outputs: (edges[stage + 1]?.[lane] ?? []).map(({ port1 }) => port1),
        inputWidth: transfers[stage]?.width ?? 'f32',
        outputWidth: transfers[stage + 1]?.width ?? 'f32',
      });
    }
    const ends: Ends = {
      outlets: (edges[0]?.[0] ?? []).map(({ port1 }) => new Outlet(port1, this.#options.credits)),
      inlets: (edges.at(-1) ?? []).flatMap((row) => row.slice(0, 1).map(({ port2 }) => new Inlet(port2))),
    };
    this.#ends = ends;
    this.#keepAlive(this.#isPending);
    void this.#feed(ends);
    void this.#collect(ends);
  }

  #disconnect(): void {
    for (const end of [...(this.#ends?.outlets ?? []), ...(this.#ends?.inlets ?? [])]) end.close();
    this.#ends = undefined;
    this.#ledger.wake();
  }

  async #feed(ends: Ends): Promise<void> {
    const width = this.schedule.transfers[0]?.width ?? 'f32';
    for (let item = this.#ledger.first; ; item++) {
      const inputs = await this.#ledger.inputsOf(item, () => this.#ends !== ends);
      const outlet = ends.outlets[item % ends.outlets.length];
      if (!inputs || !(await outlet?.send({ item, values: packValues(inputs, width) }, false))) return;
    }
  }

  async #collect({ inlets }: Ends): Promise<void> {
    const width = this.schedule.transfers.at(-1)?.width ?? 'f32';
    for (let item = this.#ledger.first; ; item++) {
      const parcel = await inlets[item % inlets.length]?.take();
      if (!parcel) return;
      this.#losses = 0;
      this.#ledger.settle(item, () => resultOf(parcel, width));
    }
  }

  #keepAlive(wanted: boolean): void {
    this.#isPending = wanted;
    for (const end of [...(this.#ends?.outlets ?? []), ...(this.#ends?.inlets ?? [])]) end.keepAlive(wanted);
  }
}

const makeEdge = (from: number, to: number): Edge =>
  Array.from({ length: from }, () => Array.from({ length: to }, () => new MessageChannel()));
