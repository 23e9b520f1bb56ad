import { type AttributesOf, integer } from '../attributes.js';
import { movedOutput } from '../moving.js';
import {
  checkNeuronParameter,
  mostSteps,
  neuronCount,
  perNeuron,
  samplesAttribute,
  stepsOf,
} from '../neurons.js';
import {
  defineOperation,
  type InputType,
  type NodeOf,
  type Reference,
  rejectNode,
  required,
} from '../operation.js';
import { allocate } from '../tensor.js';

const schema = {
  /** Steps by which everything comes later; not used where delays are an input. */
  steps: integer(0, mostSteps, 0),
  samples: samplesAttribute,
} as const;

export type DelayNode = NodeOf<'delay', AttributesOf<typeof schema>>;

function checkDelays(node: DelayNode, delays: InputType, shape: readonly number[]): void {
  checkNeuronParameter(node, 'delays', delays, shape, 'i32');
  const bad = delays.constant?.data.findIndex((steps) => steps < 0 || steps > mostSteps) ?? -1;
  if (bad >= 0)
    rejectNode(node, `delay ${bad} is ${delays.constant?.data[bad]}, must be from 0 to ${mostSteps}`);
}

/**
 * A value [steps, ...] that comes later by a number of time steps: zeros first, the last steps never. Inputs: x, f32 or
 * u8, and optional delays, an i32 constant: one number, one for each channel or one for each neuron.
 */
export const delay = defineOperation({
  op: 'delay',
  arity: [1, 2],
  schema,
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    if (x.shape.length === 0) rejectNode(node, 'needs an input whose first axis is time');
    stepsOf(node, x.shape, node.attributes.samples);
    if (inputs[1]) checkDelays(node, inputs[1], x.shape);
    return [movedOutput(node, x, x.shape)];
  },
});

export const delayReference: Reference<DelayNode> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const delays = inputs[1];
  const later = delays ? perNeuron(delays, x.shape) : () => node.attributes.steps;
  const { samples } = node.attributes;
  const neurons = neuronCount(x.shape) * samples;
  const steps = stepsOf(node, x.shape, samples);
  const data = allocate(x.dtype, x.data.length).fill(x.type.quantization?.zeroPoint ?? 0);
  for (let n = 0; n < neurons; n++) {
    for (let t = later(n); t < steps; t++) {
      data[t * neurons + n] = x.data[(t - later(n)) * neurons + n] ?? 0;
    }
  }
  return [{ dtype: x.dtype, shape: x.shape, data }];
};
