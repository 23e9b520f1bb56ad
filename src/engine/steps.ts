import { eventLoopTurn } from '../host.js';
import { closedError } from './closed.js';
import type { Call } from './instance.js';

/** What a run needs to know besides its calls. */
export interface RunControl {
  readonly signal?: AbortSignal | undefined;
  /** Whether the model was closed meanwhile. */
  isClosed(): boolean;
  /** Called after every step with its index, its start and its end in milliseconds. */
  onStep?(step: number, start: number, end: number): void;
}

/** Longest that a run with a signal keeps the event loop waiting, besides a single step. */
export const turnMilliseconds = 4;

/**
 * Runs every call in order on this thread. Rejects with the signal's reason, or with `closed`; the memory is then in
 * the middle of a run and the next run starts over.
 */
export async function runSteps(calls: readonly Call[], control: RunControl): Promise<void> {
  let lastTurn = control.signal ? performance.now() : Number.POSITIVE_INFINITY;
  for (let i = 0; i < calls.length; i++) {
    const call = calls[i];
    if (!call) break;
    const start = control.onStep ? performance.now() : 0;
    call.kernel(call.parameterBlock, 0, call.units);
    if (control.onStep) control.onStep(i, start, performance.now());
    if (performance.now() - lastTurn >= turnMilliseconds) {
      await eventLoopTurn();
      await checkStopped(control);
      lastTurn = performance.now();
    }
  }
}

/** Throws if the run must end, once `stop` has brought the other threads to a halt. */
export async function checkStopped(
  { signal, isClosed }: RunControl,
  stop?: () => Promise<void>,
): Promise<void> {
  if (isClosed()) throw closedError();
  if (!signal?.aborted) return;
  await stop?.();
  throw signal.reason;
}
