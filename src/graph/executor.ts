import type { Graph } from './graph.js';
import type { Tensor } from './tensor.js';

/** Something that can run a graph: the reference interpreter or an engine. */
export interface Runnable {
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
  close(): void;
}

export type Executor = (graph: Graph) => Promise<Runnable>;
