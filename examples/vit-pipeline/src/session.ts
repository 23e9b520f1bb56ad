import { load, type ModelSource } from 'spikelet';
import { type Pipeline, pipeline } from 'spikelet/pipeline';
import { fingerprint, type Item, itemsFor } from './items.js';

/** What a single worker does with the items: how many a second, and what comes out. */
export interface Baseline {
  readonly items: readonly Item[];
  readonly perSecond: number;
  readonly fingerprints: readonly string[];
}

/** Time in which a single worker is measured. */
const baselineMs = 1500;

/** Runs the model in one worker: what the pipeline is compared with. */
export async function measureBaseline(source: ModelSource, signal: AbortSignal): Promise<Baseline> {
  const model = await load(source, { worker: true, signal });
  try {
    const items = itemsFor(model.inputs);
    const fingerprints: string[] = [];
    for (const item of items) fingerprints.push(fingerprint(await model.run(item, { signal })));
    const start = performance.now();
    let count = 0;
    while (performance.now() - start < baselineMs) {
      const item = items[count++ % items.length];
      if (item) await model.run(item, { signal });
    }
    return { items, fingerprints, perSecond: (1000 * count) / (performance.now() - start) };
  } finally {
    model.close();
  }
}

/** A pipeline at work on an endless stream of items. */
export interface Session {
  readonly line: Pipeline;
  /** Results so far, and those that are not what a single worker gives. */
  readonly counts: { results: number; wrong: number };
  /** Resolves when the stream has ended; rejects with what ended it. */
  readonly done: Promise<void>;
}

export async function startSession(
  source: ModelSource,
  workers: number,
  baseline: Baseline,
  signal: AbortSignal,
): Promise<Session> {
  const line = await pipeline(source, { workers, signal });
  const counts = { results: 0, wrong: 0 };
  function* endless(): Iterable<Item> {
    while (!signal.aborted) yield* baseline.items;
  }
  const work = async (): Promise<void> => {
    for await (const outputs of line.map(endless())) {
      if (fingerprint(outputs) !== baseline.fingerprints[counts.results % baseline.items.length])
        counts.wrong++;
      counts.results++;
    }
  };
  return { line, counts, done: work().finally(() => line.close()) };
}
