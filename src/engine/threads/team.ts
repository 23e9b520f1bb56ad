import { SpikeletError } from '../../error.js';
import { eventLoopTurn } from '../../host.js';
import { closedError } from '../closed.js';
import type { Call } from '../instance.js';
import { checkStopped, type RunControl, turnMilliseconds } from '../steps.js';
import { currentStep, finish, openRun, shareOut, sleep, spin, takeTurn, word } from './board.js';
import type { Port } from './port.js';

/** Least time that another thread's chunk is waited for, in milliseconds. */
const leastPatience = 10_000;

/** It has this many times as long as this thread took for a chunk of the step. */
const patienceFactor = 50;

/** How long this thread waits before the event loop gets a turn, in milliseconds. */
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

/** The threads of a model, seen from the one that runs it and takes part. */
export class Team {
  readonly #control: Int32Array;
  readonly #workers: readonly Port[];
  readonly #maySleep: boolean;
  #lost: SpikeletError | undefined;

  constructor(control: Int32Array, workers: readonly Port[]) {
    this.#control = control;
    this.#workers = workers;
    this.#maySleep = maySleep(control);
    workers.forEach((worker, i) => {
      worker.onDeath((reason) => {
        this.#lost ??= new SpikeletError(
          'closed',
          `thread ${i + 1} of the model died (${reason}): load it again`,
        );
      });
    });
  }

  /** Runs every call, shared with the other threads. Rejects as `runSteps` does, or when a thread is lost. */
  async run(calls: readonly Call[], control: RunControl): Promise<void> {
    this.#check();
    const shared = shareOut(calls, this.#workers.length + 1);
    const report = stepReporter(this.#control, calls.length, control);
    let lastTurn = control.signal ? performance.now() : Number.POSITIVE_INFINITY;
    let chunkMilliseconds = 0;
    openRun(this.#control);
    for (;;) {
      const start = performance.now();
      const task = Atomics.load(this.#control, word.task);
      const turn = takeTurn(this.#control, shared, true);
      if (turn === 'ran') chunkMilliseconds = performance.now() - start;
      if (turn === 'waiting') await this.#awaitChange(task, chunkMilliseconds);
      report();
      if (turn === 'finished') return;
      if (performance.now() - lastTurn >= turnMilliseconds) {
        await eventLoopTurn();
        this.#check();
        await checkStopped(control, () => this.#stop(calls));
        lastTurn = performance.now();
      }
    }
  }

  /** Ends the run after the chunks that other threads are at. */
  async #stop(calls: readonly Call[]): Promise<void> {
    const shared = shareOut(calls, this.#workers.length + 1);
    Atomics.store(this.#control, word.stop, 1);
    for (;;) {
      const task = Atomics.load(this.#control, word.task);
      const turn = takeTurn(this.#control, shared, false);
      if (turn === 'finished') return;
      if (turn === 'waiting') await this.#awaitChange(task, 0);
    }
  }

  /** Waits until others have got on; rejects when one has died or takes far longer than this thread did. */
  async #awaitChange(task: number, chunkMilliseconds: number): Promise<void> {
    const patience = Math.max(leastPatience, patienceFactor * chunkMilliseconds);
    const start = performance.now();
    while (!this.#waitBusily(task)) {
      this.#check();
      if (performance.now() - start > patience) {
        const message = `a thread of the model has not answered for ${Math.round(patience)} ms: load it again`;
        this.#lost = new SpikeletError('closed', message);
      }
      await eventLoopTurn();
    }
  }

  #waitBusily(task: number): boolean {
    const start = performance.now();
    while (performance.now() - start < busyMilliseconds) {
      if (spin(this.#control, task)) return true;
      if (this.#maySleep) sleep(this.#control, task, sleepMilliseconds);
    }
    return Atomics.load(this.#control, word.task) !== task;
  }

  /** Why the team can run nothing any more. */
  get lost(): SpikeletError | undefined {
    const failed = Atomics.load(this.#control, word.failed);
    if (failed < 0) this.#lost ??= closedError();
    if (failed > 0)
      this.#lost ??= new SpikeletError('internal', `a kernel failed in thread ${failed}: please report it`);
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

/** Reports the steps that have ended since it was last called, several at once where this thread was late to see it. */
function stepReporter(board: Int32Array, steps: number, { onStep }: RunControl): () => void {
  if (!onStep) return () => undefined;
  let step = 0;
  let start = performance.now();
  return () => {
    const now = performance.now();
    for (const current = currentStep(board, steps); step < current; step++) {
      onStep(step, start, now);
      start = now;
    }
  };
}
