import type { SpikeCounter } from '../compile/plan.js';

/** How a layer over spikes was computed: by all its input, or by a list of what is not zero. */
export type Execution = 'dense' | 'event-driven';

/** What a layer did in a run: plain data. */
export interface LayerSpikes {
  readonly layer: number;
  /** That it gave. */
  readonly spikes?: number;
  readonly execution?: Execution;
}

/** What the counters say after a run. */
export const readSpikes = (
  memory: WebAssembly.Memory,
  counters: readonly SpikeCounter[],
): readonly LayerSpikes[] =>
  counters.map(({ layer, address, mostEntries }) => {
    const count = new Int32Array(memory.buffer, address, 1)[0] ?? 0;
    if (mostEntries === undefined) return { layer, spikes: count };
    return { layer, execution: count > mostEntries ? 'dense' : 'event-driven' };
  });

/** Layers together with what they did. */
export function withSpikes<Layer extends object>(
  layers: readonly Layer[],
  spikes: readonly LayerSpikes[],
): readonly (Layer & Omit<LayerSpikes, 'layer'>)[] {
  const did = new Map(spikes.map(({ layer, ...own }) => [layer, own]));
  return layers.map((layer, i) => ({ ...layer, ...did.get(i) }));
}
