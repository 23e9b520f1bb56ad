/**
 * Words of the control block at the start of shared memory by which threads meet, each on a cache line of its own:
 * - `run` counts runs; a change starts one.
 * - `arrived` counts the threads that have finished the current step.
 * - `generation` counts finished steps; a change lets the threads go on.
 * - `last` is the generation after which the current run ends early.
 * - `failed` is not zero once the team is finished: a thread failed (its index + 1), or it was closed (-1).
 * - `sleeping` counts threads that wait and so have to be woken.
 */
export const word = { run: 0, arrived: 16, generation: 32, last: 48, failed: 64, sleeping: 80 } as const;

const words = 96;

/** Spinning this often outlasts the wake of a sleeping thread, so that threads in step never go to sleep. */
const spins = 100_000;

export const controlBlock = (memory: WebAssembly.Memory): Int32Array => new Int32Array(memory.buffer, 0, words);

/** Part `index` of `members` even parts of [0, units): where it begins. */
export const shareBegin = (units: number, index: number, members: number): number =>
  Math.floor((units * index) / members);

/** Tells that this thread has finished its share. True for the last one, which thereby starts the next step. */
export function arrive(control: Int32Array, members: number): boolean {
  if (Atomics.add(control, word.arrived, 1) + 1 < members) return false;
  Atomics.store(control, word.arrived, 0);
  advance(control, word.generation);
  return true;
}

/** Counts a word up and wakes who waits for it. */
export function advance(control: Int32Array, index: number): void {
  Atomics.add(control, index, 1);
  if (Atomics.load(control, word.sleeping) > 0) Atomics.notify(control, index);
}

/** Waits a short while, busily, for a word to change. */
export function spin(control: Int32Array, index: number, old: number): boolean {
  for (let i = 0; i < spins; i++) {
    if (Atomics.load(control, index) !== old) return true;
  }
  return false;
}

/** Sleeps until a word changes, the team is finished or the time is up. */
export function sleep(control: Int32Array, index: number, old: number, milliseconds: number): void {
  Atomics.add(control, word.sleeping, 1);
  if (Atomics.load(control, word.failed) === 0) Atomics.wait(control, index, old, milliseconds);
  Atomics.sub(control, word.sleeping, 1);
}

/** Ends the team for good; whoever waits wakes up and sees it. */
export function finish(control: Int32Array, why: number): void {
  Atomics.compareExchange(control, word.failed, 0, why);
  Atomics.notify(control, word.run);
  Atomics.notify(control, word.generation);
}
