import { ownQuantization } from '../elementwise.js';
import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';
import { quantize as quantizeValue } from '../quantized.js';

export type QuantizeNode = NodeOf<'quantize', object>;

/** f32 to u8: the nearest quantized value, ties to even. */
export const quantize = defineOperation({
  op: 'quantize',
  arity: [1, 1],
  schema: {},
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    if (x.dtype !== 'f32') rejectNode(node, `input must be f32, got ${x.dtype}`);
    return [{ dtype: 'u8', shape: x.shape, quantization: ownQuantization(node) }];
  },
});

export const quantizeReference: Reference<QuantizeNode> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const quantization = ownQuantization(node);
  const data = Uint8Array.from(x.data, (real) => quantizeValue(real, quantization));
  return [{ dtype: 'u8', shape: x.shape, data }];
};
