import { type AttributesOf, integer, oneOf } from '../attributes.js';
import {
  checkNeuronParameter,
  mostSteps,
  neuronCount,
  neuronShape,
  perNeuron,
  requireCurrent,
  samplesAttribute,
  shapeOverSteps,
  stepsOf,
} from '../neurons.js';
import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';
import { elementCount } from '../tensor.js';

const schema = {
  /** Time steps; 0 for as many as the current has. */
  steps: integer(0, mostSteps, 0),
  /** The membrane after the last step, [1, ...], or after every one, [steps, ...]. */
  output: oneOf(['last', 'all'], 'last'),
  samples: samplesAttribute,
} as const;

export type IntegrateNode = NodeOf<'integrate', AttributesOf<typeof schema>>;

/**
 * Leaky integrators, which never fire: `u = leak * u + current`, every operation rounded to f32. Inputs: current f32
 * [steps or 1, ...] and leak, a constant: one number, one for each channel or one for each neuron.
 */
export const integrate = defineOperation({
  op: 'integrate',
  arity: [2, 2],
  schema,
  infer(node, inputs) {
    const current = required(node, inputs, 0);
    requireCurrent(node, current);
    const shape = shapeOverSteps(node, current.shape, node.attributes);
    checkNeuronParameter(node, 'leak', required(node, inputs, 1), shape);
    const { output, samples } = node.attributes;
    return [{ dtype: 'f32', shape: output === 'all' ? shape : [samples, ...neuronShape(shape)] }];
  },
  cost: ({ attributes: { samples } }, _inputs, outputs) => ({
    macs: 0,
    neurons: neuronCount(outputs[0]?.shape ?? []) * samples,
  }),
});

export const integrateReference: Reference<IntegrateNode> = (node, inputs, [out]) => {
  const current = required(node, inputs, 0);
  const { shape } = out ?? rejectNode(node, 'has no output');
  const { steps, output, samples } = node.attributes;
  const given = stepsOf(node, current.shape, samples);
  const leak = perNeuron(required(node, inputs, 1), shape);
  const neurons = neuronCount(shape) * samples;
  const data = new Float32Array(elementCount(shape));
  const membrane = new Float32Array(neurons);
  for (let t = 0; t < (steps || given); t++) {
    const from = given === 1 ? 0 : t * neurons;
    for (let n = 0; n < neurons; n++) {
      const kept = Math.fround(leak(n) * (membrane[n] ?? 0));
      membrane[n] = Math.fround(kept + (current.data[from + n] ?? 0));
    }
    data.set(membrane, output === 'all' ? t * neurons : 0);
  }
  return [{ dtype: 'f32', shape, data }];
};
