import { neuronShape } from '../../../graph/neurons.js';
import type { Node, NodeFor } from '../../../graph/ops/table.js';
import { elementCount } from '../../../graph/tensor.js';
import type { FusedNode } from '../../fuse.js';
import { convolutionUnitCount, pixelBlockFor } from '../../kernels/dense.js';
import { resetCode } from '../../kernels/spiking.js';
import { roundUp } from '../../pack/weights.js';
import { type Argument, nowhere, pointer } from '../../program.js';
import { type Context, constantOf, internal, type Value } from '../context.js';

/** Elements of a patch: with more of them, going through all steps block by block costs more than it saves. */
const mostPatch = 64;
/** Pixels of a tile: what is over at the end of a step is computed in vain. */
const tilePixels = 6;
/** Share of a layer that may be computed in vain so that its neurons run with it. */
const tolerance = 1.04;

/** Fields of a convolution whose result is stored. */
export const withoutNeurons = {
  ...{ membrane: nowhere, threshold: nowhere, leak: nowhere, counter: nowhere },
  ...{ continues: 0, reset: 0, resetValue: 0, inclusive: 0, plain: 0 },
};

const isPlain = ({ inputs, outputs, attributes }: NodeFor<'lif'>): boolean =>
  !inputs[3] &&
  !inputs[4] &&
  outputs.length === 1 &&
  !attributes.delayedReset &&
  !attributes.once &&
  attributes.refractory === 0;

/** Whether a parameter is the same for all neurons of a channel, which lie innermost. */
function isByChannel(context: Context, name: string | undefined, shape: readonly number[]): boolean {
  const data = constantOf(context, name)?.data;
  if (!data) return false;
  const channelsInnermost = shape.length === 2 || shape.length >= 4;
  return data.length === 1 || (channelsInnermost && data.length === shape[1]);
}

function onlyReader({ graph }: Context, value: string): Node | undefined {
  if (graph.outputs.some(({ name }) => name === value)) return undefined;
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes(value));
  return readers.length === 1 ? readers[0] : undefined;
}

/**
 * The neurons that can take the result of a convolution from registers: they alone read it, remember nothing but their
 * membranes. It pays where the sums are short and the steps are whole tiles, nearly.
 */
export function neuronsAfter(
  context: Context,
  { output }: FusedNode,
  { type: { shape } }: Value,
  patch: number,
): NodeFor<'lif'> | undefined {
  const { neurons } = context.choices;
  if (neurons === 'apart' || (patch > mostPatch && !neurons)) return undefined;
  const node = onlyReader(context, output);
  if (node?.op !== 'lif' || !isPlain(node)) return undefined;
  const spikes = context.types.get(node.outputs[0] ?? '')?.shape ?? [];
  if (spikes[0] !== shape[0]) return undefined;
  if (![1, 2].every((index) => isByChannel(context, node.inputs[index], shape))) return undefined;
  const steps = (spikes[0] ?? 1) / node.attributes.samples;
  const pixels = elementCount(shape) / (shape[shape.length < 4 ? shape.length - 1 : 1] ?? 1);
  const apart = roundUp(pixels, tilePixels);
  const together = steps * roundUp(pixels / steps, tilePixels);
  return neurons || together <= tolerance * apart ? node : undefined;
}

/** One number for each channel, filled up. */
function byChannel(context: Context, name: string, parameter: string, channels: number, fill: number) {
  const data = constantOf(context, parameter)?.data ?? internal(`'${name}' is no constant`);
  const table = Float32Array.from({ length: roundUp(channels, 8) }, (_, i) =>
    i < channels ? (data[data.length === 1 ? 0 : i] ?? 0) : fill,
  );
  return context.program.constant(name, table);
}

interface FiringShape {
  readonly pixels: number;
  readonly outChannels: number;
  /** Neither a residual nor a clamp. */
  readonly isBare: boolean;
}

/** Fields by which a convolution of `pixels` output pixels gives the spikes of neurons, and its work units. */
export function firingFields(
  context: Context,
  { name, inputs, outputs, attributes }: NodeFor<'lif'>,
  { type: { shape } }: Value,
  { pixels, outChannels, isBare }: FiringShape,
): { readonly units: number; readonly fields: Readonly<Record<string, Argument>> } {
  const { program, choices } = context;
  const stepPixels = (pixels * attributes.samples) / (shape[0] ?? 1);
  // A unit reads its pixels at every step for each block of channels.
  const pixelBlock = pixelBlockFor(stepPixels, Math.ceil(192 / ((shape[0] ?? 1) / attributes.samples)));
  const bytes = 4 * stepPixels * roundUp(outChannels, 8);
  const neurons = elementCount(neuronShape(shape)) * attributes.samples;
  return {
    units: convolutionUnitCount(stepPixels, pixelBlock, outChannels),
    fields: {
      ...{ stepPixels, pixelBlock },
      membrane: choices.stateful
        ? program.state(`${name}.state`, bytes)
        : pointer(program.scratch(`${name}.membrane`, bytes)),
      threshold: byChannel(context, `${name}.threshold`, inputs[1] ?? '', outChannels, Number.NaN),
      leak: byChannel(context, `${name}.leak`, inputs[2] ?? '', outChannels, 0),
      counter: program.counter(outputs[0] ?? '', neurons),
      continues: choices.stateful ? 1 : 0,
      reset: resetCode[attributes.reset],
      resetValue: attributes.resetValue,
      inclusive: attributes.inclusive ? 1 : 0,
      plain: isBare && attributes.reset === 'subtract' && !attributes.inclusive ? 1 : 0,
    },
  };
}

/** Whether neurons have been computed with the layer before: then their spikes are counted in their own. */
export function hasFired({ program, values }: Context, { output }: FusedNode): boolean {
  if (!values.has(output)) return false;
  const at = program.counters.findIndex(
    ({ value, mostEntries }) => value === output && mostEntries === undefined,
  );
  const counter = program.counters[at] ?? internal(`'${output}' is counted nowhere`);
  program.counters[at] = { ...counter, layer: program.layers.length - 1 };
  return true;
}
