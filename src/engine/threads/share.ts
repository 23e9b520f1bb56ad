import type { Call } from '../instance.js';
import { arrive, finish, shareBegin, sleep, spin, word } from './barrier.js';

/** A sleeping thread looks around this often, in case a wake-up was missed. */
const longestSleep = 1000;

/** Does this thread's share of every run until the team is finished. Blocks: for a worker's thread only. */
export function serveRuns(control: Int32Array, calls: readonly Call[], index: number, members: number): void {
  let run = 0;
  try {
    while (awaitChange(control, word.run, run)) {
      run = Atomics.load(control, word.run);
      if (!runShare(control, calls, index, members)) return;
    }
  } catch (error) {
    finish(control, index + 1);
    throw error;
  }
}

/** False when the team is finished. */
function runShare(control: Int32Array, calls: readonly Call[], index: number, members: number): boolean {
  let generation = Atomics.load(control, word.generation);
  for (const { kernel, parameterBlock, units } of calls) {
    const begin = shareBegin(units, index, members);
    const end = shareBegin(units, index + 1, members);
    if (begin < end) kernel(parameterBlock, begin, end);
    if (!arrive(control, members) && !awaitChange(control, word.generation, generation)) return false;
    generation = (generation + 1) | 0;
    if (Atomics.load(control, word.last) === generation) return true;
  }
  return true;
}

/** True when the word has changed, false when the team is finished. */
function awaitChange(control: Int32Array, index: number, old: number): boolean {
  while (!spin(control, index, old)) {
    if (Atomics.load(control, word.failed) !== 0) return false;
    sleep(control, index, old, longestSleep);
  }
  return Atomics.load(control, word.failed) === 0;
}
