import { scaleOf } from '../elementwise.js';
import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';
import { dequantize as dequantizeValue } from '../quantized.js';

export type DequantizeNode = NodeOf<'dequantize', object>;

/** u8 to the f32 that it stands for. */
export const dequantize = defineOperation({
  op: 'dequantize',
  arity: [1, 1],
  schema: {},
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    if (x.dtype !== 'u8') rejectNode(node, `input must be u8, got ${x.dtype}`);
    scaleOf(node, x);
    return [{ dtype: 'f32', shape: x.shape }];
  },
});

export const dequantizeReference: Reference<DequantizeNode> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const quantization = scaleOf(node, x.type);
  const data = Float32Array.from(x.data, (q) => dequantizeValue(q, quantization));
  return [{ dtype: 'f32', shape: x.shape, data }];
};
