import { integer } from './attributes.js';
import { type AnyNode, type InputType, rejectNode } from './operation.js';
import {
  elementCount,
  formatShape,
  formatType,
  type Quantization,
  sameShape,
  type TensorType,
} from './tensor.js';

/** Most time steps that a layer can run. */
export const mostSteps = 2 ** 16;

/** Samples that share the first axis: all of the first step, then all of the second, and so on. */
export const samplesAttribute = integer(1, 2 ** 24, 1);

/** Steps that a value has, whose first axis is `samples` for each. */
export function stepsOf(node: AnyNode, [first = 1]: readonly number[], samples: number): number {
  if (first % samples === 0) return first / samples;
  rejectNode(node, `is over ${samples} samples, but the first axis of its input has ${first}`);
}

/** Spikes are u8 values, 0 or 1, that stand for themselves. */
export const spikeQuantization: Quantization = { scale: 1, zeroPoint: 0 };

/** Neurons of one time step and sample: everything but the leading axis, which is time. */
export const neuronShape = (shape: readonly number[]): readonly number[] => shape.slice(1);

export const neuronCount = (shape: readonly number[]): number => elementCount(neuronShape(shape));

/** Type of the spikes of a layer. */
export const spikeType = (shape: readonly number[]): TensorType => ({
  dtype: 'u8',
  shape,
  quantization: spikeQuantization,
});

/** An f32 value whose leading axis is time. */
export function requireCurrent(node: AnyNode, current: TensorType): void {
  if (current.dtype !== 'f32' || current.shape.length === 0) {
    rejectNode(node, `needs an f32 input whose first axis is time, got ${formatType(current)}`);
  }
}

/**
 * Shape over all time steps: as many as `steps` says, or as the input has where it is 0. An input of one step is the
 * same at every step.
 */
export function shapeOverSteps(
  node: AnyNode,
  shape: readonly number[],
  { steps, samples }: { readonly steps: number; readonly samples: number },
): readonly number[] {
  const given = stepsOf(node, shape, samples);
  if (steps > 0 && given !== 1 && given !== steps) {
    rejectNode(node, `is to run ${steps} steps, but its input ${formatShape(shape)} has ${given}`);
  }
  return [(steps || given) * samples, ...neuronShape(shape)];
}

/** Refuses a parameter that is no constant with one number for all, for each channel or for each neuron. */
export function checkNeuronParameter(
  node: AnyNode,
  name: string,
  parameter: InputType,
  shape: readonly number[],
  dtype: 'f32' | 'i32' = 'f32',
): void {
  if (!parameter.constant || parameter.dtype !== dtype) {
    rejectNode(node, `${name} must be a constant of ${dtype}, got ${formatType(parameter)}`);
  }
  const neurons = neuronShape(shape);
  const allowed = [[1], neurons.slice(0, 1), neurons];
  if (!allowed.some((candidate) => candidate.length > 0 && sameShape(candidate, parameter.shape))) {
    const shapes = allowed.filter((candidate) => candidate.length > 0).map(formatShape);
    rejectNode(
      node,
      `${name} must have shape ${[...new Set(shapes)].join(' or ')}, got ${formatShape(parameter.shape)}`,
    );
  }
}

/** The parameter of each neuron in row-major order, the same for all samples. */
export function perNeuron(
  parameter: { readonly shape: readonly number[]; readonly data: ArrayLike<number> },
  shape: readonly number[],
): (neuron: number) => number {
  const { data } = parameter;
  if (data.length === 1) return () => data[0] ?? 0;
  const neurons = neuronCount(shape);
  const repeats = neurons / data.length;
  return (neuron) => data[Math.floor((neuron % neurons) / repeats)] ?? 0;
}
