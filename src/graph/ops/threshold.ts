import { type AttributesOf, boolean } from '../attributes.js';
import { checkNeuronParameter, neuronCount, perNeuron, requireCurrent, spikeType } from '../neurons.js';
import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';

const schema = {
  /** Fire at the threshold, not only above it. */
  inclusive: boolean(false),
} as const;

export type ThresholdNode = NodeOf<'threshold', AttributesOf<typeof schema>>;

/**
 * A spike wherever the input is above a threshold; nothing is kept from step to step. Inputs: x f32 [steps, ...] and
 * threshold, a constant: one number, one for each channel or one for each neuron. Output: spikes u8 [steps, ...].
 */
export const threshold = defineOperation({
  op: 'threshold',
  arity: [2, 2],
  schema,
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    requireCurrent(node, x);
    if (node.quantization) rejectNode(node, 'gives spikes, which have no quantization of their own');
    checkNeuronParameter(node, 'threshold', required(node, inputs, 1), x.shape);
    return [spikeType(x.shape)];
  },
  cost: (_node, _inputs, outputs) => ({ macs: 0, neurons: neuronCount(outputs[0]?.shape ?? []) }),
});

export const thresholdReference: Reference<ThresholdNode> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const neurons = neuronCount(x.shape);
  const limit = perNeuron(required(node, inputs, 1), x.shape);
  const data = Uint8Array.from(x.data, (value, i) => {
    const v = limit(i % neurons);
    return value > v || (node.attributes.inclusive && value === v) ? 1 : 0;
  });
  return [{ dtype: 'u8', shape: x.shape, data }];
};
