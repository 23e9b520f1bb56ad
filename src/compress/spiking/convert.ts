import { SpikeletError } from '../../error.js';
import type { Graph } from '../../graph/graph.js';
import { referenceExecutor } from '../../graph/interpret.js';
import type { Constant } from '../../graph/tensor.js';
import { validateGraph } from '../../graph/validate.js';
import { checkSample, repeatable, type Sample, type Samples } from '../quantize/samples.js';
import { checkSpikingOptions, type SpikingOptions } from './options.js';
import { rewriteToSpikes, withThresholds } from './rewrite.js';
import { findThresholds } from './thresholds.js';
import { quantizeSpikingWeights } from './weights.js';

async function checked(graph: Graph, samples: Samples): Promise<readonly Sample[]> {
  const all: Sample[] = [];
  for await (const sample of await repeatable(samples)) {
    checkSample(graph, sample, all.length);
    all.push(sample);
  }
  if (all.length > 0) return all;
  throw new SpikeletError('invalid-input', 'are needed to find thresholds: give at least one', {
    where: 'samples',
  });
}

/**
 * Turns a network of convolutions, fully connected layers, relu, pooling and additions into a spiking one: every relu
 * becomes a layer of integrate-and-fire neurons, inputs are given directly at every step, outputs are summed over time.
 * Thresholds come from the weighted inputs of each layer on the samples.
 *
 * Rejects with `unsupported` for other operations and with `invalid-option` for options that do not exist.
 *
 * @example
 * const spiking = await toSpiking(fold(graph), samples, { steps: 8, thresholdScale: 0.7, weightBits: 6 });
 */
export async function toSpiking(
  graph: Graph,
  samples: Samples,
  options: SpikingOptions = {},
): Promise<Graph> {
  checkSpikingOptions(options);
  validateGraph(graph);
  const { steps = 5, searchSteps = 100, percentile = 99.7, thresholdScale = 1, weightBits, signal } = options;
  const found = await findThresholds(rewriteToSpikes(graph, searchSteps), await checked(graph, samples), {
    percentile,
    executor: options.executor ?? referenceExecutor,
    signal,
  });
  const thresholds = new Map<string, Constant>();
  for (const [name, value] of found) {
    thresholds.set(name, { dtype: 'f32', shape: [1], data: Float32Array.of(value * thresholdScale) });
  }
  const spiking = withThresholds(rewriteToSpikes(graph, steps).graph, thresholds);
  const result = weightBits === undefined ? spiking : quantizeSpikingWeights(spiking, weightBits);
  validateGraph(result);
  return result;
}
