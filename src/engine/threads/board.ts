import type { Call } from '../instance.js';

/**
 * Words of the control block at the start of shared memory, each on a cache line of its own, by which threads share
 * the steps of a run. Every step is cut into chunks; whoever is free claims the next one, so that a slow or
 * suspended thread holds up no more than the chunk that it is at.
 * - `task`: the current step's sequence number (24 bits) and the next chunk of it to claim (8 bits, `idle` between
 *   runs). Claims compare and exchange it; a claim could only go to a wrong step after a pause of exactly 2^24 steps.
 * - `base`: sequence number of the run's first step.
 * - `done`: chunks of the current step that are finished. Who finishes the last one opens the next step.
 * - `stop`: not zero to let the run end after the current step.
 * - `failed`: not zero once the team is finished: a thread failed (its index), or it was closed (-1).
 * - `sleeping`: threads that have to be woken when `task` changes.
 */
export const word = { task: 0, base: 16, done: 32, stop: 48, failed: 64, sleeping: 80 } as const;

const words = 96;
const idle = 255;
const mostChunks = 240;
const chunksPerThread = 4;

/** Spinning this often outlasts the wake of a sleeping thread, so that threads in step never go to sleep. */
const spins = 100_000;

export const controlBlock = (memory: WebAssembly.Memory): Int32Array =>
  new Int32Array(memory.buffer, 0, words);

/** Makes the control block of new memory say that no run is under way. */
export function clearBoard(control: Int32Array): void {
  Atomics.store(control, word.task, idle);
}

/** A step with the number of chunks that its units are cut into. */
interface SharedCall extends Call {
  readonly chunks: number;
}

export function shareOut(calls: readonly Call[], members: number): readonly SharedCall[] {
  const most = Math.min(mostChunks, chunksPerThread * members);
  return calls.map((call) => ({ ...call, chunks: Math.max(1, Math.min(call.units, most)) }));
}

/** `ran`: a chunk; `waiting`: every chunk of the step is taken; `finished`: no run is under way. */
export type Turn = 'ran' | 'waiting' | 'finished';

/** Claims one chunk and runs it. */
export function takeTurn(control: Int32Array, calls: readonly SharedCall[], run: boolean): Turn {
  for (;;) {
    const task = Atomics.load(control, word.task);
    const chunk = task & 255;
    if (chunk === idle) return 'finished';
    const step = stepOf(control, task);
    const call = calls[step];
    if (!call || chunk >= call.chunks) return 'waiting';
    if (Atomics.compareExchange(control, word.task, task, task + 1) !== task) continue;
    if (run) runChunk(call, chunk);
    const unfinished = Atomics.add(control, word.done, 1) + 1 < call.chunks;
    if (!unfinished) openNext(control, task, step + 1 === calls.length);
    return 'ran';
  }
}

function runChunk({ kernel, parameterBlock, units, chunks }: SharedCall, chunk: number): void {
  kernel(parameterBlock, Math.floor((units * chunk) / chunks), Math.floor((units * (chunk + 1)) / chunks));
}

function openNext(control: Int32Array, task: number, isLast: boolean): void {
  Atomics.store(control, word.done, 0);
  const next = (task & ~255) + 256;
  const ends = isLast || Atomics.load(control, word.stop) !== 0;
  changeTask(control, ends ? next | idle : next);
}

/** Index of the step that a task belongs to, past the last one where the run has changed meanwhile. */
const stepOf = (control: Int32Array, task: number): number =>
  ((task >>> 8) - Atomics.load(control, word.base)) & 0xffffff;

/** The step that the run is at; the number of steps when it is finished. */
export function currentStep(control: Int32Array, steps: number): number {
  const task = Atomics.load(control, word.task);
  return (task & 255) === idle ? steps : Math.min(steps, stepOf(control, task));
}

/** Starts a run: the first step can be claimed. */
export function openRun(control: Int32Array): void {
  const next = (Atomics.load(control, word.task) & ~255) + 256;
  Atomics.store(control, word.stop, 0);
  Atomics.store(control, word.base, next >>> 8);
  changeTask(control, next);
}

function changeTask(control: Int32Array, task: number): void {
  Atomics.store(control, word.task, task);
  if (Atomics.load(control, word.sleeping) > 0) Atomics.notify(control, word.task);
}

/** Waits a short while, busily, until the task is another. */
export function spin(control: Int32Array, task: number): boolean {
  for (let i = 0; i < spins; i++) {
    if (Atomics.load(control, word.task) !== task) return true;
  }
  return false;
}

/** Sleeps until the task is another, the team is finished or the time is up. */
export function sleep(control: Int32Array, task: number, milliseconds: number): void {
  Atomics.add(control, word.sleeping, 1);
  if (Atomics.load(control, word.failed) === 0) Atomics.wait(control, word.task, task, milliseconds);
  Atomics.sub(control, word.sleeping, 1);
}

/** Ends the team for good; whoever waits wakes up and sees it. */
export function finish(control: Int32Array, why: number): void {
  Atomics.compareExchange(control, word.failed, 0, why);
  Atomics.notify(control, word.task);
}
