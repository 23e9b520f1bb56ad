import { type AttributesOf, axis } from '../attributes.js';
import { exponential } from '../exponential.js';
import { alongAxisOutput, mapLines } from '../lines.js';
import { defineOperation, type NodeOf, type Reference, required } from '../operation.js';

const schema = { axis: axis() } as const;

export type SoftmaxNode = NodeOf<'softmax', AttributesOf<typeof schema>>;

/** exp(x) / sum(exp(x)) along an axis, f32. */
export const softmax = defineOperation({
  op: 'softmax',
  arity: [1, 1],
  schema,
  infer: (node, inputs) => [alongAxisOutput(node, required(node, inputs, 0), node.attributes.axis)],
});

export const softmaxReference: Reference<SoftmaxNode> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const data = mapLines(x, node.attributes.axis, (values) => {
    const greatest = values.reduce((a, b) => Math.max(a, b));
    const powers = values.map((value) => exponential(value - greatest));
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  });
  return [{ dtype: 'f32', shape: x.shape, data }];
};
