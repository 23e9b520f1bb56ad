import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';
import { allocate, elementCount, formatShape } from '../tensor.js';
import {
  centred,
  checkWeights,
  finishAccumulator,
  realElements,
  weightedForm,
  weightedOutput,
} from '../weighted.js';

export type LinearNode = NodeOf<'linear', object>;

/**
 * x [..., in] times the transpose of weight [out, in], plus optional bias [out]. f32; or u8 x with integer weight and
 * i32 bias, into u8 or, where the node has no quantization, into f32; or u8 x of zero point 0, such as spikes, with
 * f32 weight and bias into f32. The products of that last form are added up in f32, in order, the bias at the end.
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
    return [weightedOutput(node, x, weight, [...x.shape.slice(0, -1), outFeatures])];
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
  const inOrder = weightedForm(x.type, weight.type) === 'float over bytes';
  const values = inOrder ? realElements(x) : centred(x);
  const weights = centred(weight);
  const round = inOrder ? Math.fround : (sum: number) => sum;
  for (let row = 0; row < data.length / outFeatures; row++) {
    for (let o = 0; o < outFeatures; o++) {
      let sum = 0;
      for (let i = 0; i < inFeatures; i++) {
        const product = (values[row * inFeatures + i] ?? 0) * (weights[o * inFeatures + i] ?? 0);
        sum = round(sum + round(product));
      }
      data[row * outFeatures + o] = finish(sum, o);
    }
  }
  return [{ dtype: output.dtype, shape: output.shape, data }];
};
