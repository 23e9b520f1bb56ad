import { capabilities, type LoadOptions, load } from 'spikelet';
import { load as loadExternal } from 'spikelet/external';
import { type Outcome, outcome } from './outcome.js';

async function describeError(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'no error';
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    return 'code' in error ? `${error.code} ${error.message}` : `${error.name} ${error.message}`;
  }
}

/** Actions that tests call by name. */
export const actions = {
  capabilities,

  async run(source: string, x: readonly number[], options: LoadOptions, runs = 1): Promise<Outcome> {
    const model = await load(source, options);
    const result = await outcome(model, x, runs);
    model.close();
    return result;
  },

  async runExternal(source: string, x: readonly number[]): Promise<Outcome> {
    const model = await loadExternal(source);
    const result = await outcome(model, x, 1);
    model.close();
    return result;
  },

  /** What a service worker of the site made of the model. */
  async runInServiceWorker(x: readonly number[]): Promise<Outcome | string> {
    await navigator.serviceWorker.register('/service-worker.js', { type: 'module' });
    const { active } = await navigator.serviceWorker.ready;
    const { port1, port2 } = new MessageChannel();
    active?.postMessage(x, [port2]);
    return new Promise((resolve) => {
      port1.onmessage = ({ data }: MessageEvent<Outcome | string>) => resolve(data);
    });
  },

  failure: (source: string, options: LoadOptions): Promise<string> =>
    describeError(() => load(source, options)),

  /** Loads a model whose worker is one of the caller's own script. */
  ownWorkerFailure: (source: string, script: string): Promise<string> =>
    describeError(() => load(source, { worker: () => new Worker(script, { type: 'module' }) })),

  /** Longest time between two turns of the page's event loop while a model in a worker runs. */
  async longestPause(source: string, length: number, worker: boolean): Promise<number> {
    const model = await load(source, { worker });
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    longest = 0;
    await model.run({ x: new Float32Array(length) });
    await new Promise((resolve) => setTimeout(resolve, 5));
    clearInterval(timer);
    model.close();
    return longest;
  },

  /** How a run ends that is aborted after a few milliseconds, and whether the model still works. */
  async abortedRun(source: string, length: number, options: LoadOptions): Promise<string> {
    const model = await load(source, options);
    const x = new Float32Array(length).fill(1);
    const stopper = new AbortController();
    setTimeout(() => stopper.abort(new DOMException('enough', 'AbortError')), 5);
    const first = await describeError(() => model.run({ x }, { signal: stopper.signal }));
    const second = await describeError(() => model.run({ x }));
    model.close();
    return `${first}, then ${second}`;
  },

  async closedRuns(source: string, length: number, options: LoadOptions): Promise<readonly string[]> {
    const model = await load(source, options);
    const x = new Float32Array(length);
    const signal = new AbortController().signal;
    const runs = [1, 2].map(() => describeError(() => model.run({ x }, { signal })));
    setTimeout(() => model.close(), 5);
    return Promise.all([...runs, runs[1]?.then(() => describeError(() => model.run({ x }))) ?? 'missing']);
  },
};

export type Actions = typeof actions;

Object.assign(globalThis, { actions });
