import type { Graph } from '../../graph/graph.js';
import { neuronCount } from '../../graph/neurons.js';
import type { Tensor } from '../../graph/tensor.js';
import { inferTypes } from '../../graph/types.js';
import { load } from '../../index.js';

/** Spikes of some neurons of a layer in one run. */
export interface LayerRaster {
  readonly name: string;
  readonly neurons: number;
  /** For each neuron shown, the steps at which it fires. */
  readonly spikes: readonly (readonly number[])[];
}

export interface Raster {
  readonly steps: number;
  readonly layers: readonly LayerRaster[];
}

/** Most neurons of a layer that are shown: evenly spread over all. */
const mostRows = 24;

function rasterOfLayer(name: string, { shape, data }: Tensor): LayerRaster {
  const [steps = 1] = shape;
  const neurons = neuronCount(shape);
  const rows = Math.min(mostRows, neurons);
  const spikes = Array.from({ length: rows }, (_, row) => {
    const neuron = Math.floor(((row + 0.5) * neurons) / rows);
    return Array.from({ length: steps }, (_, t) => t).filter((t) => data[t * neurons + neuron] !== 0);
  });
  return { name, neurons, spikes };
}

/** Runs a graph once with the spikes of all its layers as outputs. */
export async function rasterOf(
  graph: Graph,
  inputs: Readonly<Record<string, Tensor>>,
  signal: AbortSignal,
): Promise<Raster> {
  const layers = graph.nodes.filter(({ op }) => op === 'lif' || op === 'threshold');
  const outputs = layers.map(({ outputs: [name = ''] }) => ({ name }));
  const types = inferTypes(graph);
  const model = await load({ ...graph, outputs }, { signal });
  try {
    const values = await model.run(inputs, { signal });
    return {
      steps: types.get(outputs[0]?.name ?? '')?.shape[0] ?? 1,
      layers: layers.flatMap(({ name, outputs: [spikes = ''] }) => {
        const value = values[spikes];
        return value ? [rasterOfLayer(name, value)] : [];
      }),
    };
  } finally {
    model.close();
  }
}
