import { type AttributesOf, boolean } from '../attributes.js';
import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';
import { finishMean, meanOutput, pool, pooledShape, poolingSchema } from '../pooling.js';
import { imageShape } from '../window.js';

const schema = { ...poolingSchema, countPadding: boolean(false) } as const;

export type AveragePoolNode = NodeOf<'averagePool', AttributesOf<typeof schema>>;

/**
 * Elements of the window at output position `index` of one axis that a mean divides by: those inside the input or,
 * with `countPadding`, inside the padded input. What `roundUp` adds beyond the padding never counts.
 */
function countedTaps({ attributes }: AveragePoolNode, axis: 0 | 1, size: number, index: number): number {
  const { kernel, strides, pads, countPadding } = attributes;
  const begin = index * (strides[axis] ?? 1) - (pads[axis] ?? 0);
  const [least, limit] = countPadding ? [-(pads[axis] ?? 0), size + (pads[axis + 2] ?? 0)] : [0, size];
  return Math.min(begin + (kernel[axis] ?? 1), limit) - Math.max(begin, least);
}

/** Mean of each window over NCHW, f32 or u8. */
export const averagePool = defineOperation({
  op: 'averagePool',
  arity: [1, 1],
  schema,
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    const [height = 1, width = 1] = node.attributes.kernel;
    return [meanOutput(node, x, pooledShape(node, x), height * width)];
  },
});

export const averagePoolReference: Reference<AveragePoolNode> = (node, inputs, [out]) => {
  const x = required(node, inputs, 0);
  const output = out ?? rejectNode(node, 'has no output');
  const [, , height, width] = imageShape(node, x);
  const zero = x.type.quantization?.zeroPoint ?? 0;
  const finish = finishMean(node, x.type, output);
  const mean = (elements: readonly number[], outY: number, outX: number): number => {
    const sum = elements.reduce((total, element) => total + (element - zero), 0);
    return finish(sum, countedTaps(node, 0, height, outY) * countedTaps(node, 1, width, outX));
  };
  return [pool(node, x, output, mean)];
};
