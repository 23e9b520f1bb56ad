import type { Graph } from '../../../src/graph/graph.js';

/** A network that an engine has loaded and that runs the same input over and over. */
export interface LoadedNetwork {
  /** What the engine says of how it runs the network. */
  readonly about?: string;
  /** One inference, from the input in JavaScript to the scores in JavaScript. */
  run(): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Loads a network of one input and one f32 output. `image` is the input, row-major NCHW. */
export type Engine = (graph: Graph, image: Float32Array, threads: number) => Promise<LoadedNetwork>;
