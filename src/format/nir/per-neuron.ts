import { formatShape, sameShape } from '../../graph/tensor.js';
import type { Fields } from './fields.js';
import type { NumberArray } from './hdf5.js';

/** Numbers of a layer's neurons: one for each, or one for all with the shape []. */
export type PerNeuron = NumberArray;

/** A shape without its axes of size 1, which some writers add for a batch. */
export const withoutOnes = (shape: readonly number[]): readonly number[] =>
  shape.filter((size) => size !== 1);

export const uniform = (value: number): PerNeuron => ({ shape: [], data: Float64Array.of(value) });

/** The number that all neurons have, if they have the same. */
export function common({ data }: PerNeuron): number | undefined {
  const [first] = data;
  return data.every((value) => value === first) ? first : undefined;
}

/** Whether every number, rounded to f32, is `value`. */
export const isAll = ({ data }: PerNeuron, value: number): boolean =>
  data.every((x) => Math.fround(x) === value);

/** Combines numbers neuron by neuron; those of one number stand for all. */
export function combine(arrays: readonly PerNeuron[], apply: (...values: number[]) => number): PerNeuron {
  const largest = arrays.reduce((a, b) => (b.data.length > a.data.length ? b : a), uniform(0));
  const data = Float64Array.from(largest.data, (_, i) =>
    apply(...arrays.map((array) => array.data[array.data.length === 1 ? 0 : i] ?? 0)),
  );
  return { shape: largest.data.length === 1 ? [] : largest.shape, data };
}

/** A parameter of a layer, by the field that has it. Parameters of one layer must have one shape, or one number. */
export function readParameters<Name extends string>(
  fields: Fields,
  names: readonly Name[],
  shape: readonly number[],
): Readonly<Record<Name, PerNeuron>> {
  const entries = names.map((name) => {
    const array = fields.array(name);
    const fits = array.data.length === 1 || sameShape(withoutOnes(array.shape), withoutOnes(shape));
    if (!fits)
      fields.reject(name, `has shape ${formatShape(array.shape)}, but the layer has ${formatShape(shape)}`);
    return [
      name,
      array.data.length === 1 ? uniform(array.data[0] ?? 0) : { shape, data: array.data },
    ] as const;
  });
  return Object.fromEntries(entries) as Record<Name, PerNeuron>;
}

/** One number for each channel, the first axis of the layer, or undefined where neurons of a channel differ. */
export function byChannel({ data }: PerNeuron, channels: number): Float64Array | undefined {
  const size = data.length / channels;
  if (data.length === 1) return new Float64Array(channels).fill(data[0] ?? 0);
  if (!data.every((value, i) => value === data[i - (i % size)])) return undefined;
  return Float64Array.from({ length: channels }, (_, c) => data[c * size] ?? 0);
}

/** Shape and numbers as `lif` takes them: one for all, one for each channel or one for each neuron. */
export function smallest(array: PerNeuron, shape: readonly number[]): PerNeuron {
  const same = common(array);
  if (same !== undefined) return { shape: [1], data: Float64Array.of(same) };
  const [channels = 1] = shape;
  const perChannel = byChannel(array, channels);
  return perChannel ? { shape: [channels], data: perChannel } : { shape, data: array.data };
}
