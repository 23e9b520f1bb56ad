import { SpikeletError } from '../../error.js';
import type { Graph } from '../../graph/graph.js';
import { subgraph } from '../edits.js';
import { createHistogram, type Histogram, observe } from './histogram.js';
import { checkSample, type Runs, runSamples, type Sample, type Samples } from './samples.js';

export interface Observation {
  /** By name of the value. */
  readonly histograms: ReadonlyMap<string, Histogram>;
  readonly samples: number;
}

async function* checked(graph: Graph, samples: Samples): AsyncGenerator<Sample> {
  let index = 0;
  for await (const sample of samples) {
    checkSample(graph, sample, index++);
    yield sample;
  }
}

/**
 * Runs a float graph on samples and counts what its values are like.
 *
 * @param also Sees each sample's values too, by name.
 */
export async function observeValues(
  graph: Graph,
  names: readonly string[],
  samples: Samples,
  runs: Runs,
  also: (values: ReadonlyMap<string, ArrayLike<number>>, index: number) => void,
): Promise<Observation> {
  const inputs = new Set(graph.inputs.map((input) => input.name));
  const computed = names.filter((name) => !inputs.has(name));
  const histograms = new Map(names.map((name) => [name, createHistogram()]));
  const part = subgraph(graph, computed);
  const count = await runSamples(part, checked(graph, samples), runs, (outputs, sample, index) => {
    const values = new Map<string, ArrayLike<number>>();
    names.forEach((name) => {
      const data = inputs.has(name) ? sample[name]?.data : outputs[computed.indexOf(name)]?.data;
      const histogram = histograms.get(name);
      if (!data || !histogram) return;
      if (!data.every(Number.isFinite)) {
        throw new SpikeletError('invalid-input', `sample ${index} gives values that are not finite`, {
          where: `value '${name}'`,
        });
      }
      observe(histogram, data);
      values.set(name, data);
    });
    also(values, index);
  });
  if (count === 0) {
    throw new SpikeletError(
      'invalid-input',
      'there are no samples: quantization needs some to learn ranges from',
    );
  }
  return { histograms, samples: count };
}
