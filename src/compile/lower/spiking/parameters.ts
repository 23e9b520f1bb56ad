import { neuronCount, neuronShape } from '../../../graph/neurons.js';
import { type Constant, elementCount, type TypedArray } from '../../../graph/tensor.js';
import { neuronLanes } from '../../kernels/spiking.js';
import { physicalOrder } from '../../layout.js';
import type { Pointer } from '../../program.js';
import type { Context } from '../context.js';

/** One number for each neuron as kernels read it: a table that repeats after `period` neurons. */
export interface NeuronTable {
  readonly table: Pointer;
  readonly period: number;
}

export const filledUp = (neurons: number): number => Math.ceil(neurons / neuronLanes) * neuronLanes;

/** Row-major index of every neuron in the order in which neurons lie in memory. */
export function neuronOrder(shape: readonly number[]): Int32Array {
  const neurons = neuronShape(shape);
  const axes = physicalOrder(shape.length)
    .slice(1)
    .map((axis) => axis - 1);
  const order = new Int32Array(elementCount(neurons));
  let written = 0;
  const walk = (depth: number, index: number): void => {
    const axis = axes[depth];
    if (axis === undefined) {
      order[written++] = index;
      return;
    }
    const stride = elementCount(neurons.slice(axis + 1));
    for (let i = 0; i < (neurons[axis] ?? 1); i++) walk(depth + 1, index + i * stride);
  };
  walk(0, 0);
  return order;
}

/** The numbers of a parameter in the order of memory, as few as repeat. */
export function inMemoryOrder({ data }: Constant, shape: readonly number[]): TypedArray {
  const neurons = neuronCount(shape);
  const channelsInnermost = shape.length >= 4;
  if (data.length === 1 || (channelsInnermost && data.length < neurons)) return data;
  const repeats = neurons / data.length;
  const order = neuronOrder(shape);
  const values = data instanceof Float32Array ? new Float32Array(neurons) : new Int32Array(neurons);
  return values.map((_, i) => data[Math.floor((order[i] ?? 0) / repeats)] ?? 0);
}

/** Places a parameter; `rows` of neurons, such as several samples, are read one after the other without a gap. */
export function placeParameter(
  context: Context,
  name: string,
  constant: Constant,
  shape: readonly number[],
  rows = 1,
): NeuronTable {
  const values = inMemoryOrder(constant, shape);
  const repeats = values.length < neuronCount(shape) || rows > 1;
  const period = repeats ? wholeLanes(values.length) : filledUp(values.length);
  const table = Float32Array.from({ length: period }, (_, i) => values[i % values.length] ?? 0);
  return { table: context.program.constant(name, table), period };
}

/** The least multiple of a length that is one of the lanes too. */
function wholeLanes(length: number): number {
  let multiple = length;
  while (multiple % neuronLanes !== 0) multiple += length;
  return multiple;
}
