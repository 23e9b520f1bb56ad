import type { Executor } from '../graph/executor.js';
import type { Graph } from '../graph/graph.js';
import { load, type Model } from '../index.js';
import type { Given, OptionSpec } from './command.js';
import { choiceIn, integerIn } from './parse.js';

/** Options of commands that run models. */
export const engineOptions: Readonly<Record<string, OptionSpec>> = {
  threads: { value: '<n>', help: 'threads that share each layer (default 1)' },
  variant: {
    value: '<name>',
    help: 'kernels: relaxed SIMD, faster but not in every engine, or simd; auto (default) takes what works here',
  },
};

/** How a model is to run. */
export interface Engine {
  readonly threads: number;
  readonly variant: 'auto' | 'simd' | 'relaxed';
}

export const engineIn = (given: Given): Engine => ({
  threads: integerIn(given, 'threads', 1, 1, 64),
  variant: choiceIn(given, 'variant', ['auto', 'simd', 'relaxed']) ?? 'auto',
});

/** Compiles and starts a graph as the options ask. */
export const start = (graph: Graph, engine: Engine, signal: AbortSignal): Promise<Model> =>
  load(graph, { ...engine, signal });

/** The engine as what `quantize` runs graphs with. */
export const engineExecutor: Executor = (graph) => load(graph);

/** How a model runs here, in a few words: `relaxed SIMD, 1 thread`. */
export function engineFacts(model: Model): string {
  const { variant, threads } = model.explain();
  const shared = `${threads.used} ${threads.used === 1 ? 'thread' : 'threads'}`;
  const fewer = threads.used < threads.requested ? ` (${threads.reason})` : '';
  return `${variant === 'relaxed' ? 'relaxed SIMD' : 'fixed SIMD'}, ${shared}${fewer}`;
}
