import { mostSteps } from '../../../graph/neurons.js';
import { elementCount, formatShape } from '../../../graph/tensor.js';
import type { NirNode } from '../file.js';
import { timeStepFor } from '../neuron.js';
import { readParameters, smallest } from '../per-neuron.js';
import { type Primitive, stepShape } from './primitive.js';

/** First and last axis to flatten, counted in the shape of one step. */
function flattenedAxes(
  { fields }: NirNode,
  shape: readonly number[],
): readonly [first: number, last: number] {
  const made = fields.has('input_type') ? fields.integers('input_type', 1) : shape;
  const batch = made.length - shape.length;
  const fits = batch === 0 || (batch === 1 && made[0] === 1);
  if (!fits || shape.some((size, i) => made[i + batch] !== size)) {
    fields.reject('input_type', `is ${formatShape(made)}, but the input has ${formatShape(shape)}`);
  }
  const axis = (field: string, standard: number): number => {
    const value = fields.has(field) ? fields.integer(field, -made.length, made.length - 1) : standard;
    return Math.max(0, (value < 0 ? value + made.length : value) - batch);
  };
  const [first, last] = [axis('start_dim', 1), axis('end_dim', -1)];
  if (first > last) fields.reject('end_dim', `${last} is before start_dim ${first}`);
  return [first, last];
}

export const flatten: Primitive = {
  meaning: 'axes from `start_dim` to `end_dim` as one',
  becomes: '`reshape`',
  convert(node, input, { draft }) {
    const shape = stepShape(input);
    const [first, last] = flattenedAxes(node, shape);
    const flat = [
      ...shape.slice(0, first),
      elementCount(shape.slice(first, last + 1)),
      ...shape.slice(last + 1),
    ];
    const attributes = { shape: [input.type.shape[0] ?? 1, ...flat] };
    return draft.emit('reshape', node.name, [input.name], { attributes, greatest: input.greatest });
  },
};

export const delay: Primitive = {
  meaning: 'y(t) = x(t - delay), for each element its own',
  becomes: '`delay`',
  limits: 'delays are rounded to whole steps',
  convert(node, input, { draft, settings }) {
    const shape = stepShape(input);
    const { delay: seconds } = readParameters(node.fields, ['delay'], shape);
    const timeStep = timeStepFor(node, settings);
    const steps = seconds.data.map((value) => Math.round(value / timeStep));
    const bad = steps.findIndex((count) => count < 0 || count > mostSteps);
    if (bad >= 0) {
      node.fields.reject(
        'delay',
        `element ${bad} is ${seconds.data[bad]} seconds, must be 0 to ${mostSteps} steps`,
      );
    }
    const delays = smallest({ shape: seconds.shape, data: steps }, shape);
    const { greatest } = input;
    if (delays.data.length === 1) {
      return draft.emit('delay', node.name, [input.name], {
        attributes: { steps: delays.data[0] ?? 0 },
        greatest,
      });
    }
    const constant = { dtype: 'i32', shape: delays.shape, data: Int32Array.from(delays.data) } as const;
    return draft.emit('delay', node.name, [input.name, draft.constant(`${node.name}.steps`, constant)], {
      greatest,
    });
  },
};
