import { SpikeletError } from '../../error.js';
import type { Schedule } from '../schedule.js';
import type { Wiring } from './flow.js';
import type { StageFigures } from './options.js';
import { StageWorker, type StageWorkerOptions } from './stage-worker.js';

/** A place for a worker: a stage, or one of several that share it. */
export interface Post {
  readonly stage: number;
  readonly lane: number;
  readonly lanes: number;
  readonly device: string;
  deaths: number;
  worker: StageWorker | undefined;
}

export interface CrewOptions extends Omit<StageWorkerOptions, 'onDeath' | 'signal'> {
  /** Model files of the stages. */
  readonly files: readonly Uint8Array[];
  readonly schedule: Schedule;
  /** Called when a worker has died, after it was taken off its post. */
  readonly onLoss: (post: Post, reason: string) => void;
}

/** The workers of a pipeline, each on its post. */
export class Crew {
  readonly posts: readonly Post[];
  readonly #options: CrewOptions;
  #isDismissed = false;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.posts = options.schedule.stages.flatMap(({ devices }, stage) =>
      devices.map((device, lane) => ({
        ...{ stage, lane, lanes: devices.length, device },
        deaths: 0,
        worker: undefined,
      })),
    );
  }

  /**
   * Puts a worker on every post that has none, unless `signal` comes first. Rejects with the first error of those that
   * do not start.
   */
  async fill(signal?: AbortSignal): Promise<void> {
    const vacant = this.posts.filter(({ worker }) => worker === undefined);
    const started = await Promise.allSettled(vacant.map((post) => this.#start(post, signal)));
    for (const result of started) if (result.status === 'rejected') throw result.reason;
  }

  async #start(post: Post, signal: AbortSignal | undefined): Promise<void> {
    const { files, onLoss } = this.#options;
    const file = files[post.stage] ?? new Uint8Array();
    let isDead = false;
    const onDeath = (reason: string): void => {
      isDead = true;
      if (post.worker === undefined || post.worker !== worker) return;
      this.#vacate(post);
      onLoss(post, reason);
    };
    const worker = await StageWorker.start(file, { ...this.#options, signal, onDeath });
    if (this.#isDismissed) worker.model.close();
    else if (isDead)
      throw new SpikeletError('closed', 'the worker died while it started', { where: post.device });
    else post.worker = worker;
  }

  #vacate(post: Post): void {
    post.deaths++;
    post.worker = undefined;
  }

  /** Ends a worker as a crash would. */
  terminate(post: Post): void {
    const { worker } = post;
    if (!worker) return;
    this.#vacate(post);
    worker.terminate();
    worker.model.close();
    this.#options.onLoss(post, 'terminated');
  }

  connect(post: Post, wiring: Wiring): void {
    post.worker?.connect(wiring);
  }

  async figures(): Promise<readonly StageFigures[]> {
    return Promise.all(this.posts.map((post) => this.#figuresOf(post)));
  }

  async #figuresOf(post: Post): Promise<StageFigures> {
    const { stage, device, deaths, worker } = post;
    const { begin = 0, end = 0 } = this.#options.schedule.stages[stage] ?? {};
    const nothing = { items: 0, busyMs: 0, starvedMs: 0, blockedMs: 0, queue: 0 };
    const figures = (await worker?.figures().catch(() => undefined)) ?? nothing;
    return { stage, device, begin, end, deaths, state: worker ? 'running' : 'starting', ...figures };
  }

  dismiss(): void {
    this.#isDismissed = true;
    for (const post of this.posts) {
      post.worker?.model.close();
      post.worker = undefined;
    }
  }
}
