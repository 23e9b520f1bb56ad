import { nodeBuiltin } from '../../host.js';

/** How many threads were asked for and how many a model gets. */
export interface ThreadChoice {
  readonly requested: number;
  readonly used: number;
  /** Why fewer are used than were asked for, and what would change it. */
  readonly reason?: string;
}

/** Why threads cannot share memory here; `undefined` where they can. */
export function threadsUnavailable(): string | undefined {
  if (globalThis.crossOriginIsolated === false) {
    return (
      'the page is not cross-origin isolated: serve it with the headers ' +
      "'Cross-Origin-Opener-Policy: same-origin' and 'Cross-Origin-Embedder-Policy: require-corp'"
    );
  }
  if (typeof SharedArrayBuffer !== 'function') return 'this JavaScript engine has no shared memory';
  return undefined;
}

/** Processors that this process or page may use; `undefined` where the engine does not say. */
function processors(): number | undefined {
  const system = nodeBuiltin('node:os');
  return system ? system.availableParallelism() : globalThis.navigator?.hardwareConcurrency;
}

/** As many threads as asked for, but no more than there are processors: they wait for each other at every step. */
export function chooseThreads(requested: number, available = processors()): ThreadChoice {
  const unavailable = requested > 1 ? threadsUnavailable() : undefined;
  if (unavailable !== undefined) return { requested, used: 1, reason: unavailable };
  if (!available || requested <= available) return { requested, used: requested };
  const reason = `${available === 1 ? 'there is 1 processor' : `there are ${available} processors`}, and threads that share one would wait for each other`;
  return { requested, used: available, reason };
}
