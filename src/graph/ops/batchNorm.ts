import { type AttributesOf, number } from '../attributes.js';
import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';
import { elementCount, formatType } from '../tensor.js';

const schema = { epsilon: number(1e-5) } as const;

export type BatchNormNode = NodeOf<'batchNorm', AttributesOf<typeof schema>>;

const parameterNames = ['scale', 'bias', 'mean', 'variance'] as const;

/**
 * (x - mean) / sqrt(variance + epsilon) * scale + bias for each channel (axis 1), f32. Inputs x, scale, bias, mean,
 * variance. Folded into the preceding convolution before models are packed.
 */
export const batchNorm = defineOperation({
  op: 'batchNorm',
  arity: [5, 5],
  schema,
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    const channels = x.shape[1] ?? rejectNode(node, 'expects an input of at least two dimensions');
    if (x.dtype !== 'f32') rejectNode(node, `input must be f32, got ${x.dtype}`);
    parameterNames.forEach((name, i) => {
      const type = required(node, inputs, i + 1);
      if (type.dtype !== 'f32' || type.shape.length !== 1 || type.shape[0] !== channels) {
        rejectNode(node, `${name} must be f32[${channels}], got ${formatType(type)}`);
      }
    });
    return [{ dtype: 'f32', shape: x.shape }];
  },
});

export const batchNormReference: Reference<BatchNormNode> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const [scale, bias, mean, variance] = parameterNames.map((_, i) => required(node, inputs, i + 1).data);
  const channels = x.shape[1] ?? 0;
  const perChannel = elementCount(x.shape.slice(2));
  const data = Float32Array.from(x.data, (value, i) => {
    const c = Math.floor(i / perChannel) % channels;
    const deviation = Math.sqrt((variance?.[c] ?? 0) + node.attributes.epsilon);
    return ((value - (mean?.[c] ?? 0)) / deviation) * (scale?.[c] ?? 0) + (bias?.[c] ?? 0);
  });
  return [{ dtype: 'f32', shape: x.shape, data }];
};
