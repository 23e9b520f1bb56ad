import { closedError } from './closed.js';
import { eventLoopTurn } from './host.js';
import type { Call } from './instance.js';
import type { Team } from './threads/team.js';

/** What a run needs to know besides its calls. */
export interface RunControl {
  readonly signal?: AbortSignal | undefined;
  /** Whether the model was closed meanwhile. */
  isClosed(): boolean;
  /** The error for a step whose kernel trapped, which only a mistake in this package can bring about. */
  failedStep(step: number, cause: unknown): Error;
  /** Called after every step with its index, its start and its end in milliseconds. */
  onStep?(step: number, start: number, end: number): void;
}

/** Longest that a run with a signal keeps the event loop waiting, besides a single step. */
const turnMilliseconds = 4;

/**
 * Runs every call in order, on this thread or with the team's share of the others. Rejects with the signal's
 * reason, or with `closed`; the memory is then in the middle of a run and the next run starts over.
 */
export async function runSteps(calls: readonly Call[], team: Team | undefined, control: RunControl): Promise<void> {
  control.signal?.throwIfAborted();
  team?.begin();
  let lastTurn = control.signal ? performance.now() : Number.POSITIVE_INFINITY;
  for (let i = 0; i < calls.length; i++) {
    const call = calls[i];
    if (!call) break;
    const start = control.onStep ? performance.now() : 0;
    try {
      if (!team) call.kernel(call.parameterBlock, 0, call.units);
      else if (!team.step(call)) await team.meet();
    } catch (error) {
      throw error instanceof WebAssembly.RuntimeError ? control.failedStep(i, error) : error;
    }
    control.onStep?.(i, start, performance.now());
    if (performance.now() - lastTurn >= turnMilliseconds) {
      await eventLoopTurn();
      await checkStopped(control, i + 1 < calls.length ? team : undefined);
      lastTurn = performance.now();
    }
  }
}

async function checkStopped({ signal, isClosed }: RunControl, team: Team | undefined): Promise<void> {
  if (isClosed()) throw closedError();
  if (!signal?.aborted) return;
  if (team && !team.cancel()) await team.meet();
  throw signal.reason;
}
