import { ownQuantization, scaleOf } from '../elementwise.js';
import { defineOperation, type NodeOf, rejectNode, required } from '../operation.js';
import type { UnaryOperation } from '../unary.js';

export type RequantizeNode = NodeOf<'requantize', object>;

/** The same real numbers in another u8 quantization. */
export const requantize: UnaryOperation<RequantizeNode> = {
  ...defineOperation({
    op: 'requantize',
    arity: [1, 1],
    schema: {},
    infer(node, inputs) {
      const x = required(node, inputs, 0);
      if (x.dtype !== 'u8') rejectNode(node, `input must be u8, got ${x.dtype}`);
      scaleOf(node, x);
      return [{ dtype: 'u8', shape: x.shape, quantization: ownQuantization(node) }];
    },
  }),
  functionOf: () => (x) => x,
};
