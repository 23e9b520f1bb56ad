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

export function chooseThreads(requested: number): ThreadChoice {
  const reason = requested > 1 ? threadsUnavailable() : undefined;
  return reason === undefined ? { requested, used: requested } : { requested, used: 1, reason };
}
