/** Longest time without a turn of the event loop. */
const longestMs = 40;

/**
 * A function to await in a long loop: now and then it lets the event loop turn, so that signals arrive and pages
 * stay alive, and rejects with the signal's reason once it is aborted.
 */
export function pacer(signal?: AbortSignal): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last > longestMs) {
      await new Promise<void>((resolve) => setTimeout(resolve));
      last = performance.now();
    }
    signal?.throwIfAborted();
  };
}
