import { SpikeletError } from '../../error.js';
import { closedError } from '../closed.js';
import { eventLoopTurn } from '../host.js';
import type { Call } from '../instance.js';
import { advance, arrive, finish, shareBegin, sleep, spin, word } from './barrier.js';
import type { Port } from './port.js';

/** Least time that the other threads of a step are waited for, in milliseconds. */
const leastPatience = 10_000;

/** They have this many times as long as this thread took for its own share. */
const patienceFactor = 20;

/** How long the event loop is held up before other events get a turn, in milliseconds. */
const busyMilliseconds = 20;

const sleepMilliseconds = 5;

/** Whether this thread may sleep in `Atomics.wait`: any but a page's main thread. */
function maySleep(control: Int32Array): boolean {
  try {
    Atomics.wait(control, word.failed, 1, 0);
    return true;
  } catch {
    return false;
  }
}

/** The threads of a model, seen from the one that runs it and does the first share itself. */
export class Team {
  readonly #control: Int32Array;
  readonly #workers: readonly Port[];
  readonly #members: number;
  readonly #maySleep: boolean;
  #generation = 0;
  #ownMilliseconds = 0;
  #lost: SpikeletError | undefined;

  constructor(control: Int32Array, workers: readonly Port[]) {
    this.#control = control;
    this.#workers = workers;
    this.#members = workers.length + 1;
    this.#maySleep = maySleep(control);
    workers.forEach((worker, i) => {
      worker.onDeath((reason) => {
        this.#lost ??= new SpikeletError('closed', `thread ${i + 1} of the model died (${reason}): load it again`);
      });
    });
  }

  get members(): number {
    return this.#members;
  }

  /** Lets the other threads start a run. */
  begin(): void {
    this.#check();
    this.#generation = Atomics.load(this.#control, word.generation);
    advance(this.#control, word.run);
  }

  /** Runs this thread's share. False if the others are not done yet: {@link meet} waits for them. */
  step({ kernel, parameterBlock, units }: Call): boolean {
    const start = performance.now();
    const end = shareBegin(units, 1, this.#members);
    if (end > 0) kernel(parameterBlock, 0, end);
    this.#ownMilliseconds = performance.now() - start;
    return this.#arrive();
  }

  /** Ends the run after the step that the others may have begun. False if they are not done with it yet. */
  cancel(): boolean {
    Atomics.store(this.#control, word.last, (this.#generation + 1) | 0);
    return this.#arrive();
  }

  #arrive(): boolean {
    const old = this.#generation;
    this.#generation = (old + 1) | 0;
    return arrive(this.#control, this.#members) || spin(this.#control, word.generation, old);
  }

  /** Waits for the other threads; rejects when one has died or takes far longer than this one did. */
  async meet(): Promise<void> {
    const old = (this.#generation - 1) | 0;
    const patience = Math.max(leastPatience, patienceFactor * this.#ownMilliseconds);
    const start = performance.now();
    while (!this.#waitBusily(old)) {
      this.#check();
      if (performance.now() - start > patience) {
        this.#lost = new SpikeletError('closed', `a thread of the model has not answered for ${Math.round(patience)} ms: load it again`);
      }
      await eventLoopTurn();
    }
  }

  #waitBusily(old: number): boolean {
    const start = performance.now();
    while (performance.now() - start < busyMilliseconds) {
      if (spin(this.#control, word.generation, old)) return true;
      if (this.#maySleep) sleep(this.#control, word.generation, old, sleepMilliseconds);
    }
    return Atomics.load(this.#control, word.generation) !== old;
  }

  /** Why the team can run nothing any more. */
  get lost(): SpikeletError | undefined {
    const failed = Atomics.load(this.#control, word.failed);
    if (failed < 0) this.#lost ??= closedError();
    if (failed > 0) this.#lost ??= new SpikeletError('internal', `a kernel failed in thread ${failed - 1}`);
    return this.#lost;
  }

  #check(): void {
    if (this.lost) throw this.lost;
  }

  close(): void {
    finish(this.#control, -1);
    for (const worker of this.#workers) worker.terminate();
  }
}
