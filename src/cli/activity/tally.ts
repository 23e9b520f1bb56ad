import type { Model } from '../../index.js';

/** What a layer of neurons did in a run, on average over all that were counted. */
export interface LayerActivity {
  readonly name: string;
  readonly neurons: number;
  /** Over all steps. */
  readonly spikes: number;
  readonly spikesPerNeuron: number;
  /** Share of the steps at which a neuron fires. */
  readonly rate: number;
}

/** Adds up the spikes of runs. */
export interface Tally {
  /** Counts the last run. */
  add(): void;
  readonly layers: readonly LayerActivity[];
  /** Spikes of a run by layer. */
  readonly spikes: ReadonlyMap<string, number>;
}

const spikingLayers = (model: Model) => model.explain().layers.filter(({ spikes }) => spikes !== undefined);

export function tallyOf(model: Model): Tally {
  const totals = new Map<string, number>();
  let runs = 0;
  return {
    add() {
      runs++;
      for (const { name, spikes = 0 } of spikingLayers(model))
        totals.set(name, (totals.get(name) ?? 0) + spikes);
    },
    get layers() {
      return spikingLayers(model).map(({ name, neurons = 1, outputShape }) => {
        const spikes = (totals.get(name) ?? 0) / Math.max(1, runs);
        const spikesPerNeuron = spikes / neurons;
        return { name, neurons, spikes, spikesPerNeuron, rate: spikesPerNeuron / (outputShape[0] ?? 1) };
      });
    },
    get spikes() {
      return new Map([...totals].map(([name, spikes]) => [name, spikes / Math.max(1, runs)]));
    },
  };
}
