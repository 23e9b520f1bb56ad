import type { Fields } from './fields.js';
import type { NirNode } from './file.js';
import type { LinearMap } from './linear-map.js';
import { neuronLayer } from './neuron.js';
import type { Settings } from './options.js';
import { byChannel, withoutOnes } from './per-neuron.js';
import type { Folded } from './primitives/primitive.js';

const weighted = ['Affine', 'Linear', 'Conv1d', 'Conv2d'];

/** Whether gain and offset of neurons can go into the weights and the bias of such a node. */
export const canFold = ({ type }: NirNode): boolean => weighted.includes(type);

const parameters = ['r', 'tau', 'tau_mem', 'tau_syn', 'v_leak', 'v_threshold'];

/** Shape of a layer by its parameters alone. */
function layerShape(fields: Fields): readonly number[] {
  const arrays = parameters.filter((name) => fields.has(name)).map((name) => fields.array(name));
  const [first] = [...arrays].sort((a, b) => b.data.length - a.data.length);
  return withoutOnes(first?.shape ?? []);
}

/** Gain and offset by output channel of the node before a layer, or undefined where they differ within a channel. */
export function foldedDrive(
  neuron: NirNode,
  recurrent: LinearMap | undefined,
  settings: Settings,
  channels: number,
): Folded | undefined {
  const { gain, offset } = neuronLayer(neuron, layerShape(neuron.fields), settings, recurrent);
  if ([gain, offset].some(({ data }) => data.length % channels !== 0 && data.length !== 1)) return undefined;
  const [gains, offsets] = [byChannel(gain, channels), byChannel(offset, channels)];
  return gains && offsets ? { gain: gains, offset: offsets } : undefined;
}
