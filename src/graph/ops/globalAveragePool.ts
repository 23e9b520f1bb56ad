import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';
import { finishMean, meanOutput } from '../pooling.js';
import { allocate, elementCount } from '../tensor.js';
import { imageShape } from '../window.js';

export type GlobalAveragePoolNode = NodeOf<'globalAveragePool', object>;

/** Mean of each channel: [N, C, H, W] to [N, C, 1, 1], f32 or u8. */
export const globalAveragePool = defineOperation({
  op: 'globalAveragePool',
  arity: [1, 1],
  schema: {},
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    const [batch, channels, height, width] = imageShape(node, x);
    return [meanOutput(node, x, [batch, channels, 1, 1], height * width)];
  },
});

export const globalAveragePoolReference: Reference<GlobalAveragePoolNode> = (node, inputs, [out]) => {
  const x = required(node, inputs, 0);
  const output = out ?? rejectNode(node, 'has no output');
  const [, , height, width] = imageShape(node, x);
  const area = height * width;
  const zero = x.type.quantization?.zeroPoint ?? 0;
  const finish = finishMean(node, x.type, output);
  const data = allocate(output.dtype, elementCount(output.shape));
  for (let plane = 0; plane < data.length; plane++) {
    let sum = 0;
    for (let i = 0; i < area; i++) sum += (x.data[plane * area + i] ?? 0) - zero;
    data[plane] = finish(sum, area);
  }
  return [{ dtype: output.dtype, shape: output.shape, data }];
};
