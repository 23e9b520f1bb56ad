import type { SpikeCounter } from '../compile/plan.js';

/** Spikes that a layer gave in a run: plain data. */
export interface LayerSpikes {
  readonly layer: number;
  readonly spikes: number;
}

/** What the counters say after a run. */
export const readSpikes = (
  memory: WebAssembly.Memory,
  counters: readonly SpikeCounter[],
): readonly LayerSpikes[] =>
  counters.map(({ layer, address }) => ({
    layer,
    spikes: new Int32Array(memory.buffer, address, 1)[0] ?? 0,
  }));

/** Layers together with the spikes that they gave. */
export function withSpikes<Layer extends object>(
  layers: readonly Layer[],
  spikes: readonly LayerSpikes[],
): readonly (Layer & { readonly spikes?: number })[] {
  if (spikes.length === 0) return layers;
  const known = new Map(spikes.map(({ layer, spikes: count }) => [layer, count]));
  return layers.map((layer, i) => {
    const count = known.get(i);
    return count === undefined ? layer : { ...layer, spikes: count };
  });
}
