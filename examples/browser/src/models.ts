/// <reference types="vite/client" />
import { load, type Model, type Progress } from 'spikelet';

export interface ModelChoice {
  /** Name of the file without its ending. */
  readonly name: string;
  readonly url: string;
}

const files = import.meta.glob<string>('@models/*.spikelet', {
  query: '?url',
  import: 'default',
  eager: true,
});

const nameOf = (path: string): string => path.replace(/^.*\//, '').replace('.spikelet', '');

/** The packed models that the page was built with, int8 first. */
export const modelChoices: readonly ModelChoice[] = Object.entries(files)
  .map(([path, url]) => ({ name: nameOf(path), url }))
  .sort((a, b) => Number(b.name === 'int8') - Number(a.name === 'int8') || a.name.localeCompare(b.name));

/** Loads a model into a worker, so that the page stays responsive while it starts and while it runs. */
export const openModel = (
  choice: ModelChoice,
  threads: number,
  signal: AbortSignal,
  onProgress: (progress: Progress) => void,
): Promise<Model> => load(choice.url, { worker: true, threads, signal, onProgress });

/** How many threads the page may choose from: one, unless it is cross-origin isolated. */
export const mostThreads = (): number =>
  crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency) : 1;
