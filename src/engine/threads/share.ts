import type { Call } from '../instance.js';
import { finish, shareOut, sleep, spin, takeTurn, word } from './board.js';

/** A sleeping thread looks around this often, in case a wake-up was missed. */
const longestSleep = 1000;

/** Does this thread's part of every run until the team is finished. Blocks: for a worker's thread only. */
export function serveRuns(control: Int32Array, calls: readonly Call[], index: number, members: number): void {
  const shared = shareOut(calls, members);
  try {
    while (Atomics.load(control, word.failed) === 0) {
      const task = Atomics.load(control, word.task);
      if (takeTurn(control, shared, true) === 'ran' || spin(control, task)) continue;
      sleep(control, task, longestSleep);
    }
  } catch (error) {
    finish(control, index);
    throw error;
  }
}
