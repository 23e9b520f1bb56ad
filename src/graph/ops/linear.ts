import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';
import { allocate, elementCount, formatShape } from '../tensor.js';
import { centred, checkWeights, finishAccumulator, weightedOutput } from '../weighted.js';

export type LinearNode = NodeOf<'linear', object>;

/**
 * x [..., in] times the transpose of weight [out, in], plus optional bias [out]. f32, or u8 x with integer
 * weight and i32 bias into u8.
 */
export const linear = defineOperation({
  op: 'linear',
  arity: [2, 3],
  schema: {},
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    const weight = required(node, inputs, 1);
    const [outFeatures = 0, inFeatures = 0] = weight.shape;
    if (weight.shape.length !== 2 || x.shape.length === 0 || x.shape.at(-1) !== inFeatures) {
      rejectNode(
        node,
        `input ${formatShape(x.shape)} and weight ${formatShape(weight.shape)} do not fit together`,
      );
    }
    checkWeights(node, x, weight, inputs[2]);
    return [weightedOutput(node, x, [...x.shape.slice(0, -1), outFeatures])];
  },
  cost(_node, inputs, outputs) {
    return { macs: elementCount(outputs[0]?.shape ?? []) * (inputs[1]?.shape[1] ?? 0) };
  },
});

export const linearReference: Reference<LinearNode> = (node, inputs, [out]) => {
  const x = required(node, inputs, 0);
  const weight = required(node, inputs, 1);
  const output = out ?? rejectNode(node, 'has no output');
  const [outFeatures = 0, inFeatures = 0] = weight.shape;
  const data = allocate(output.dtype, elementCount(output.shape));
  const finish = finishAccumulator(node, inputs, output);
  const values = centred(x);
  const weights = centred(weight);
  for (let row = 0; row < data.length / outFeatures; row++) {
    for (let o = 0; o < outFeatures; o++) {
      let sum = 0;
      for (let i = 0; i < inFeatures; i++) {
        sum += (values[row * inFeatures + i] ?? 0) * (weights[o * inFeatures + i] ?? 0);
      }
      data[row * outFeatures + o] = finish(sum, o);
    }
  }
  return [{ dtype: output.dtype, shape: output.shape, data }];
};
