import type { AttributesOf } from '../attributes.js';
import { scaleOf } from '../elementwise.js';
import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';
import { meanOutput, pool, pooledShape, poolingSchema } from '../pooling.js';
import { requantize, requantizeMultiplier } from '../quantized.js';

export type SumPoolNode = NodeOf<'sumPool', AttributesOf<typeof poolingSchema>>;

/** Sum of each window over NCHW, f32 or u8. f32 sums are taken row by row, each rounded. */
export const sumPool = defineOperation({
  op: 'sumPool',
  arity: [1, 1],
  schema: poolingSchema,
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    const [height = 1, width = 1] = node.attributes.kernel;
    return [meanOutput(node, x, pooledShape(node, x), height * width)];
  },
});

export const sumPoolReference: Reference<SumPoolNode> = (node, inputs, [out]) => {
  const x = required(node, inputs, 0);
  const output = out ?? rejectNode(node, 'has no output');
  if (output.dtype === 'f32') {
    return [
      pool(node, x, output, (elements) => elements.reduce((sum, value) => Math.fround(sum + value), 0)),
    ];
  }
  const { zeroPoint: zero, scale: scaleIn } = scaleOf(node, x.type);
  const { zeroPoint, scale } = scaleOf(node, output);
  const multiplier = requantizeMultiplier(scaleIn, scale);
  const sum = (elements: readonly number[]): number =>
    requantize(
      elements.reduce((total, element) => total + (element - zero), 0),
      multiplier,
      zeroPoint,
    );
  return [pool(node, x, output, sum)];
};
