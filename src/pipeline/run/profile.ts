import type { ModelSource } from '../../engine/open.js';
import type { WorkerLike } from '../../engine/threads/port.js';
import { checkOptionNames, isCount, rejectOption } from '../check.js';
import type { LayerProfile, ModelProfile } from '../profile.js';

export interface ProfileOptions {
  /** What the profile calls this kind of device. Default: 'worker'. */
  readonly type?: string | undefined;
  /** Timed runs of a layer, after one that is not. Default: 20. */
  readonly runs?: number | undefined;
  /** What was measured before: layers of it with times on this type are not measured again, other types are kept. */
  readonly known?: ModelProfile | undefined;
  /** Called after each layer, so that what was measured so far can be saved. */
  readonly onLayer?: ((layer: LayerProfile, index: number, total: number) => void) | undefined;
  /** Makes a worker: its script imports `spikelet/worker`. */
  readonly worker?: (() => WorkerLike) | undefined;
  readonly memoryLimit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

const names: readonly (keyof ProfileOptions)[] = [
  'type',
  'runs',
  'known',
  'onLayer',
  'worker',
  'memoryLimit',
  'signal',
];

function checkProfileOptions(options: ProfileOptions): void {
  checkOptionNames(options, names);
  const { type, runs } = options;
  if (type !== undefined && (typeof type !== 'string' || type === '')) rejectOption('type', 'must be a text');
  if (runs !== undefined && !isCount(runs)) rejectOption('runs', 'must be an integer of at least 1');
}

/**
 * Measures what the layers of a model cost on this device, each alone in a fresh worker: median time, bytes of packed
 * weights, of working memory, and elements that cross the cut behind it. Inputs are made up, every tenth of the spikes
 * is one.
 *
 * @throws SpikeletError as `load` does; `invalid-option`.
 * @example
 * import { partition, profile } from 'spikelet/pipeline';
 *
 * const measured = await profile(modelFile, { type: 'board', runs: 5 });
 * const devices = ['a', 'b'].map((name) => ({ name, type: 'board', memory: 64e6, bytesPerSecond: 12.5e6 }));
 * console.log(partition(measured, devices).schedule.stages);
 */
export async function profile(source: ModelSource, options: ProfileOptions = {}): Promise<ModelProfile> {
  checkProfileOptions(options);
  const { measureLayers } = await import('./measure.js');
  return measureLayers(source, options);
}
