import type { Subscription } from '@nats-io/nats-core';
import { closedError } from '../../engine/closed.js';
import { checkRunOptions, type RunOptions } from '../../engine/options.js';
import type { ModelPort } from '../../engine/ports.js';
import { SpikeletError } from '../../error.js';
import { unlessAborted } from '../../pipeline/run/abort.js';
import { copiedInputs } from '../../pipeline/run/inputs.js';
import type { Inputs, Outputs } from '../../pipeline/run/options.js';
import { orderedMap } from '../../pipeline/run/ordered-map.js';
import type { Schedule } from '../../pipeline/schedule.js';
import { sleep } from '../link.js';
import { readAnnouncement, readFault, tryRead, writeJson } from '../wire/messages.js';
import { announcements } from '../wire/subjects.js';
import { Control, type ControlOptions } from './control.js';
import type { DevicePipeline, DeviceStageFigures, PresentDevice } from './options.js';

export interface LineOptions extends ControlOptions {
  readonly identity: string;
  readonly joinWithin: number;
}

const tickMs = 200;
const beatMs = 1000;
/** Said at the end: every device that has a stage of this pipeline gives it up. */
const beyondAll = Number.MAX_SAFE_INTEGER;

export class RunningLine implements DevicePipeline {
  readonly name: string;
  readonly identity: string;
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  readonly closed: Promise<void>;
  readonly #options: LineOptions;
  readonly #control: Control;
  readonly #subscriptions: readonly Subscription[];
  readonly #timers: readonly ReturnType<typeof setInterval>[];
  #schedule: Schedule = { model: '', batch: 1, stages: [], transfers: [] };
  #losses = 0;
  /** Why it is over. */
  #end: SpikeletError | undefined;
  #resolveClosed = (): void => undefined;

  constructor(options: LineOptions) {
    const { around, identity, onPlan } = options;
    const { model, link, space, subjects } = around;
    this.name = model.name;
    this.identity = identity;
    this.inputs = model.inputs;
    this.outputs = model.outputs;
    this.#options = options;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#control = new Control({
      ...options,
      onPlan: (plan) => {
        this.#schedule = plan.schedule;
        onPlan?.(plan);
      },
    });
    this.#subscriptions = [
      link.connection.subscribe(announcements(space), {
        callback: (error, message) => {
          if (!error) this.#onAnnouncement(message.data);
        },
      }),
      link.connection.subscribe(subjects.fault, {
        callback: (error, message) => {
          if (!error) this.#onFault(message.data);
        },
      }),
    ];
    this.#timers = [setInterval(() => this.#tick(), tickMs), setInterval(() => this.#beat(), beatMs)];
    void link.over().then((error) => this.#stop(error ?? closedError()));
  }

  /** Resolves once a plan is in force. */
  async start(signal?: AbortSignal): Promise<void> {
    const { joinWithin } = this.#options;
    const start = performance.now();
    try {
      while (!this.#control.epoch) {
        signal?.throwIfAborted();
        if (this.#end) throw this.#end;
        if (performance.now() - start > joinWithin) this.#giveUp(joinWithin);
        await sleep(tickMs);
      }
    } catch (error) {
      this.close();
      await this.closed;
      throw error;
    }
  }

  #giveUp(joinWithin: number): never {
    const { obstacle: cause } = this.#control;
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    const code = cause instanceof SpikeletError ? cause.code : 'timeout';
    throw new SpikeletError(code, `there is no plan after ${joinWithin} ms${why}`, { cause });
  }

  get schedule(): Schedule {
    return this.#schedule;
  }

  get plans(): number {
    return this.#control.plans;
  }

  async run(inputs: Inputs, options: RunOptions = {}): Promise<Outputs> {
    checkRunOptions(options);
    const { signal } = options;
    signal?.throwIfAborted();
    if (this.#end) throw this.#end;
    const { items, model } = this.#options.around;
    const result = items.accept(copiedInputs(model.graphInputs, inputs));
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

  /** Items that keep every device busy, with those that are there now. */
  #capacity(): number {
    const { credits } = this.#options.around;
    return this.#control.roster.devices.length * (credits + 1) + credits;
  }

  devices(): readonly PresentDevice[] {
    const { run } = this.#options.around;
    return this.#control.roster.devices.map(({ name, type, memory, speed, work }) => ({
      ...{ name, type, memory, speed },
      ...(work?.run === run && { stage: work.stage }),
    }));
  }

  async figures(): Promise<readonly DeviceStageFigures[]> {
    const { epoch, roster } = this.#control;
    const said = new Map(roster.devices.map((device) => [device.id, device.work]));
    return (epoch?.places ?? []).map(({ device, stage }) => {
      const { begin = 0, end = 0 } = this.#schedule.stages[stage] ?? {};
      const work = said.get(device.id);
      const isCurrent = work?.epoch === epoch?.number;
      const { items, busyMs, starvedMs, blockedMs, queue, fileBytes } = (isCurrent && work) || idle;
      const figures = { items, busyMs, starvedMs, blockedMs, queue, fileBytes };
      return { stage, device: device.name, begin, end, ...figures };
    });
  }

  #onAnnouncement(message: Uint8Array): void {
    const device = tryRead(readAnnouncement, message);
    if (device && !this.#end) this.#control.heard(device);
  }

  #onFault(message: Uint8Array): void {
    const fault = tryRead(readFault, message);
    if (fault) this.#control.onFault(fault);
  }

  #tick(): void {
    const { link, items } = this.#options.around;
    const { epoch, obstacle } = this.#control;
    for (const item of items.look(obstacle)) void epoch?.resend(item);
    if (!link.isConnected) return;
    if (link.losses !== this.#losses) {
      this.#losses = link.losses;
      this.#control.reconnected();
    }
    this.#control.tick();
  }

  #beat(epoch = this.#control.epoch?.number ?? 0): void {
    const { link, subjects } = this.#options.around;
    link.say(subjects.beat, writeJson({ epoch }));
  }

  close(): void {
    this.#stop(closedError());
  }

  #stop(reason: SpikeletError): void {
    if (this.#end) return;
    this.#end = reason;
    for (const timer of this.#timers) clearInterval(timer);
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    void this.#leave(reason).finally(this.#resolveClosed);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #leave(reason: SpikeletError): Promise<void> {
    const { link, items, files, manager, subjects } = this.#options.around;
    const stopped = this.#control.stop();
    items.close(reason);
    this.#beat(beyondAll);
    await stopped;
    files.close();
    if (link.isConnected) await manager.streams.delete(subjects.stream).catch(() => undefined);
    await link.close();
  }
}

const idle = { items: 0, busyMs: 0, starvedMs: 0, blockedMs: 0, queue: 0, fileBytes: 0 };
