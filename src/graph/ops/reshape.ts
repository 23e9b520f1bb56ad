import { type AttributesOf, integers } from '../attributes.js';
import { movedOutput } from '../moving.js';
import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';
import { elementCount, formatShape } from '../tensor.js';

const schema = { shape: integers('any', 1) } as const;

export type ReshapeNode = NodeOf<'reshape', AttributesOf<typeof schema>>;

/** The same elements in row-major order under another shape, all sizes given. f32 or u8. */
export const reshape = defineOperation({
  op: 'reshape',
  arity: [1, 1],
  schema,
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    const { shape } = node.attributes;
    if (elementCount(shape) !== elementCount(x.shape)) {
      rejectNode(node, `${formatShape(x.shape)} cannot become ${formatShape(shape)}: sizes differ`);
    }
    return [movedOutput(node, x, shape)];
  },
});

export const reshapeReference: Reference<ReshapeNode> = (node, inputs) => {
  const x = required(node, inputs, 0);
  return [{ dtype: x.dtype, shape: node.attributes.shape, data: x.data.slice() }];
};
