import type { Graph } from '../../graph/graph.js';
import { importNir } from './import.js';
import { type NirOptions, settingsOf } from './options.js';

export { SpikeletError } from '../../error.js';
export type { Graph } from '../../graph/graph.js';
export type { NirOptions } from './options.js';

/**
 * Reads a NIR graph (HDF5). Its differential equations become steps of `timeStep` seconds by forward Euler; a loop
 * from a layer of neurons back to it becomes a recurrent layer, whose spikes arrive at the next step. Values of the
 * graph are [steps, ...].
 *
 * Throws `unsupported` with every node that cannot be imported and why, `invalid-option` where an option is missing or
 * wrong, `invalid-input` where the shape of the input is not known, `invalid-model` for a damaged file.
 *
 * @example
 * import { readFile } from 'node:fs/promises';
 * import { load } from 'spikelet';
 * import { fromNir } from 'spikelet/nir';
 * const graph = fromNir(await readFile(nirFile), { timeStep: 1e-3, steps: 100 });
 * const model = await load(graph);
 * const { output } = await model.run({ input: new Float32Array(100 * 2).fill(1) });
 * console.log(output.shape, output.data.filter((spike) => spike === 1).length);
 * model.close();
 */
export function fromNir(bytes: Uint8Array, options: NirOptions): Graph {
  return importNir(bytes, settingsOf(options));
}
