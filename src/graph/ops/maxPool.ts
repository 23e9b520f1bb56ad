import type { AttributesOf } from '../attributes.js';
import { movedOutput } from '../moving.js';
import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';
import { pool, pooledShape, poolingSchema } from '../pooling.js';
import { windowSchema } from '../window.js';

const schema = { ...poolingSchema, dilations: windowSchema.dilations } as const;

export type MaxPoolNode = NodeOf<'maxPool', AttributesOf<typeof schema>>;

/** Greatest element of each window over NCHW; padding never wins. f32 or u8. */
export const maxPool = defineOperation({
  op: 'maxPool',
  arity: [1, 1],
  schema,
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    return [movedOutput(node, x, pooledShape(node, x))];
  },
});

export const maxPoolReference: Reference<MaxPoolNode> = (node, inputs, [out]) => {
  const x = required(node, inputs, 0);
  const output = out ?? rejectNode(node, 'has no output');
  const greatest = (elements: readonly number[]): number =>
    elements.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return [pool(node, x, output, greatest)];
};
