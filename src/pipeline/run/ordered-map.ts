import { unlessAborted } from './abort.js';

/**
 * Results of `work` in the order of the items. Items are taken as they come, but no more than `most` says at that moment
 * are without a result that was fetched. Ends with the first error, of an item or of `items`, after the results before it,
 * and with the signal's reason at once.
 */
export async function* orderedMap<A, B>(
  items: Iterable<A> | AsyncIterable<A>,
  work: (item: A) => Promise<B>,
  most: () => number,
  signal?: AbortSignal,
): AsyncIterableIterator<B> {
  const results: Promise<B>[] = [];
  let isOver = false;
  let wake = (): void => undefined;
  const change = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  const add = (result: Promise<B>): void => {
    // It is looked at in its turn; until then nobody handles its error.
    result.catch(() => undefined);
    results.push(result);
    wake();
  };
  const take = async (): Promise<void> => {
    try {
      for await (const item of items) {
        if (isOver) return;
        add(work(item));
        while (results.length >= most() && !isOver) await change();
      }
    } catch (error) {
      add(Promise.reject(error));
    } finally {
      isOver = true;
      wake();
    }
  };
  const onAbort = (): void => wake();
  signal?.addEventListener('abort', onAbort);
  void take();
  try {
    for (;;) {
      signal?.throwIfAborted();
      const [next] = results;
      if (next) {
        yield await (signal ? unlessAborted(next, signal) : next);
        results.shift();
        wake();
      } else if (isOver) return;
      else await change();
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    isOver = true;
    wake();
  }
}
