/// <reference lib="esnext.disposable" preserve="true" />
import { isSpiking } from '../compile/families.js';
import { SpikeletError } from '../error.js';
import type { Graph } from '../graph/graph.js';
import { timeFlow, withSteps } from '../graph/steps.js';
import type { Tensor } from '../graph/tensor.js';
import type { LocalModel } from './local-model.js';
import { checkStepOptions, type RunOptions } from './options.js';
import type { ModelPort, TensorLike } from './ports.js';

export type StepOptions = Pick<RunOptions, 'signal'>;

/** A spiking model that is fed step by step: its neurons keep their state from call to call. */
export interface Stream {
  /** Inputs of one time step: the model's, with a first axis of 1 where that is time. */
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  /**
   * Runs one time step. Outputs after n steps are those of one run of n steps, to the bit. Rejects as `model.run` does;
   * a step that is aborted leaves the neurons in between: `reset()` then.
   */
  step(inputs: Readonly<Record<string, TensorLike>>, options?: StepOptions): Promise<Record<string, Tensor>>;
  /** Forgets all steps so far. */
  reset(): Promise<void>;
  /** Gives the stream's memory back; the model stays open. */
  close(): void;
  [Symbol.dispose](): void;
}

/** The graph of one time step. Throws `unsupported` where the graph needs all steps at once. */
export function oneStep(graph: Graph): Graph {
  if (!isSpiking(graph)) {
    throw new SpikeletError('unsupported', 'has no lif or integrate node, so no time steps to stream', {
      where: `model '${graph.name}'`,
    });
  }
  const { temporal } = timeFlow(graph);
  const whole = graph.nodes.find(
    (node) =>
      (node.op === 'reduceMax' ||
        node.op === 'reduceMean' ||
        node.op === 'reduceMin' ||
        node.op === 'reduceSum') &&
      node.attributes.axes.includes(0) &&
      node.inputs.some((name) => temporal.has(name)),
  );
  if (!whole) return withSteps(graph, 1);
  throw new SpikeletError('unsupported', 'needs all time steps at once: use integrate for sums over time', {
    where: `node '${whole.name}' (${whole.op})`,
  });
}

/** A model of one time step whose plan keeps state, as a stream. */
export function streamOf(model: LocalModel): Stream {
  return {
    inputs: model.inputs,
    outputs: model.outputs,
    async step(inputs, options = {}) {
      checkStepOptions(options);
      return model.run(inputs, options);
    },
    reset: () => model.reset(),
    close: () => model.close(),
    [Symbol.dispose]: () => model.close(),
  };
}
