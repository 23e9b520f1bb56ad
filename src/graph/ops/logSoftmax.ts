import { type AttributesOf, axis } from '../attributes.js';
import { exponential, logarithm } from '../exponential.js';
import { alongAxisOutput, mapLines } from '../lines.js';
import { defineOperation, type NodeOf, type Reference, required } from '../operation.js';

const schema = { axis: axis() } as const;

export type LogSoftmaxNode = NodeOf<'logSoftmax', AttributesOf<typeof schema>>;

/** x - log(sum(exp(x))) along an axis, f32. */
export const logSoftmax = defineOperation({
  op: 'logSoftmax',
  arity: [1, 1],
  schema,
  infer: (node, inputs) => [alongAxisOutput(node, required(node, inputs, 0), node.attributes.axis)],
});

export const logSoftmaxReference: Reference<LogSoftmaxNode> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const data = mapLines(x, node.attributes.axis, (values) => {
    const greatest = values.reduce((a, b) => Math.max(a, b));
    const sum = values.reduce((total, value) => total + exponential(value - greatest), 0);
    return values.map((value) => value - greatest - logarithm(sum));
  });
  return [{ dtype: 'f32', shape: x.shape, data }];
};
