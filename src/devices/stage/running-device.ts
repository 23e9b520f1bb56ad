import type { Msg, Subscription } from '@nats-io/nats-core';
import { toWire } from '../../engine/worker/protocol.js';
import { SpikeletError } from '../../error.js';
import { fetchFile } from '../files.js';
import type { Link } from '../link.js';
import {
  type Announcement,
  type Assignment,
  type AssignmentReply,
  readAssignment,
  readBeat,
  tryRead,
  writeJson,
} from '../wire/messages.js';
import { announcements, assignments, runSubjects } from '../wire/subjects.js';
import type { OpenStage, StageModel } from './open-stage.js';
import type { DeviceFigures, DeviceHandle } from './options.js';
import { StageRunner } from './runner.js';

export interface RunningDeviceOptions {
  readonly link: Link;
  readonly space: string;
  readonly memory: number;
  readonly description: Omit<Announcement, 'isLeaving' | 'work'>;
  readonly open: OpenStage;
  readonly signal?: AbortSignal | undefined;
}

export const announceMs = 1000;

/** Milliseconds without a word of its coordinator after which a device gives its stage up. */
const leaseMs = 15_000;

/** A stage that the device holds. */
interface Post {
  readonly assignment: Assignment;
  readonly model: StageModel;
  readonly runner: StageRunner;
}

export class RunningDevice implements DeviceHandle {
  readonly name: string;
  readonly closed: Promise<SpikeletError | undefined>;
  readonly #options: RunningDeviceOptions;
  #post: Post | undefined;
  /** Items of the stages before the one that it has. */
  #items = 0;
  #beats: { readonly run: string; readonly subscription: Subscription } | undefined;
  #lastBeat = 0;
  #losses = 0;
  /** Changes of the stage, one after the other. */
  #changes: Promise<unknown> = Promise.resolve();
  #timer: ReturnType<typeof setInterval> | undefined;
  #isClosed = false;
  readonly #onAbort = (): void => void this.close();
  #resolveClosed = (_: SpikeletError | undefined): void => undefined;

  constructor(options: RunningDeviceOptions) {
    this.#options = options;
    this.name = options.description.name;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  start(): void {
    const { link, space, description, signal } = this.#options;
    link.connection.subscribe(assignments(space, description.id), {
      callback: (error, message) => {
        if (!error) this.#enqueue(() => this.#answer(message));
      },
    });
    void link.over().then((error) => this.#leave(error));
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    this.#timer = setInterval(() => this.#tick(), announceMs);
    this.#announce();
  }

  figures(): DeviceFigures | undefined {
    const post = this.#post;
    if (!post) return undefined;
    const { begin, end } = post.assignment;
    const { epoch: _, ...work } = post.runner.work;
    return { ...work, begin, end };
  }

  get items(): number {
    return this.#items + (this.#post?.runner.work.items ?? 0);
  }

  #announce(isLeaving = false): void {
    const { link, space, description } = this.#options;
    const work = this.#post?.runner.work;
    link.say(announcements(space), writeJson({ ...description, isLeaving, ...(work && { work }) }));
  }

  #tick(): void {
    const { link } = this.#options;
    if (link.losses !== this.#losses || !link.isConnected) {
      // What was not heard while the connection was lost says nothing about the coordinator.
      this.#losses = link.losses;
      this.#lastBeat = performance.now();
    }
    if (this.#post && performance.now() - this.#lastBeat > leaseMs) this.#release();
    this.#announce();
  }

  async #answer(message: Msg): Promise<void> {
    const assignment = tryRead(readAssignment, message.data);
    const reply: AssignmentReply = await this.#take(assignment).then(
      () => ({}),
      (error: unknown) => ({ error: toWire(error) }),
    );
    if (!this.#options.link.connection.isClosed()) message.respond(writeJson(reply));
    this.#announce();
  }

  /** Takes a stage, in place of the one before. */
  async #take(assignment: Assignment | undefined): Promise<void> {
    const where = this.name;
    if (!assignment)
      throw new SpikeletError('invalid-input', 'was given a stage that it cannot read', { where });
    const before = this.#post;
    if (before && before.assignment.run !== assignment.run) {
      throw new SpikeletError('closed', 'works for another pipeline', { where });
    }
    before?.runner.stop();
    this.#vacate();
    const model = await this.#modelFor(assignment, before);
    const { link, space } = this.#options;
    const runner = new StageRunner(link, space, assignment, model);
    this.#post = { assignment, model, runner };
    this.#listen(assignment.run);
    runner.start();
    if (this.#isClosed) this.#drop();
  }

  /** What computes a stage: the one at hand where it is the same. */
  async #modelFor(assignment: Assignment, before: Post | undefined): Promise<StageModel> {
    const { link, space, memory, open } = this.#options;
    if (before && before.assignment.file.sha256 === assignment.file.sha256) return before.model;
    before?.model.close();
    const { file } = runSubjects(space, assignment.run);
    return open(assignment, (reference) => fetchFile(link, file, reference, memory));
  }

  #listen(run: string): void {
    this.#lastBeat = performance.now();
    if (this.#beats?.run === run) return;
    const { link, space } = this.#options;
    this.#beats?.subscription.unsubscribe();
    const subscription = link.connection.subscribe(runSubjects(space, run).beat, {
      callback: (error, message) => {
        const beat = error ? undefined : tryRead(readBeat, message.data);
        if (!beat) return;
        this.#lastBeat = performance.now();
        // A plan without this device is in force.
        if (this.#post && beat.epoch > this.#post.assignment.epoch) this.#release();
      },
    });
    this.#beats = { run, subscription };
  }

  /** Gives the stage up, unless a newer one has come in between. */
  #release(): void {
    const post = this.#post;
    this.#enqueue(async () => {
      if (this.#post === post) this.#drop();
    });
  }

  #enqueue(change: () => Promise<void>): void {
    // Whoever asked for a change is told of its failure by the change itself.
    this.#changes = this.#changes.then(change).catch(() => undefined);
  }

  #vacate(): void {
    this.#items = this.items;
    this.#post = undefined;
  }

  #drop(): void {
    const post = this.#post;
    this.#vacate();
    post?.runner.stop();
    post?.model.close();
    if (!this.#isClosed) this.#announce();
  }

  async close(): Promise<void> {
    await this.#leave(undefined);
  }

  async #leave(error: SpikeletError | undefined): Promise<void> {
    if (this.#isClosed) return void (await this.closed);
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#announce(true);
    this.#drop();
    await this.#options.link.close();
    this.#resolveClosed(error);
  }
}
