import { type SynapticLayer, synapticOperations } from '../graph/energy.js';
import type { Graph } from '../graph/graph.js';
import type { Model } from '../index.js';

/** What the neurons of a spiking network did over a scene. */
export interface SceneActivity {
  /** Spikes of all runs. */
  readonly spikes: number;
  /** Operations of an average run, from which `energyOf` of `spikelet/graph` gives energies. */
  readonly operations: readonly SynapticLayer[];
}

/** Counts the spikes of each layer over the runs of a model. */
export class SpikeCount {
  readonly #spikes = new Map<string, number>();
  readonly #model: Model;
  #runs = 0;

  constructor(model: Model) {
    this.#model = model;
  }

  /** Takes the spikes of the last run. */
  add(): void {
    for (const { name, spikes } of this.#model.explain().layers) {
      if (spikes !== undefined) this.#spikes.set(name, (this.#spikes.get(name) ?? 0) + spikes);
    }
    this.#runs++;
  }

  of(graph: Graph): SceneActivity {
    const average = new Map([...this.#spikes].map(([name, spikes]) => [name, spikes / this.#runs]));
    return {
      spikes: [...this.#spikes.values()].reduce((sum, count) => sum + count, 0),
      operations: synapticOperations(graph, average),
    };
  }
}

/** Whether a graph has neurons whose spikes can be counted. */
export const fires = (graph: Graph): boolean =>
  graph.nodes.some(({ op }) => op === 'lif' || op === 'threshold');
