import { type AttributesOf, integers } from '../attributes.js';
import { gather, movedOutput, stridesOf } from '../moving.js';
import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';
import { formatShape } from '../tensor.js';

const schema = { permutation: integers('any', 0) } as const;

export type TransposeNode = NodeOf<'transpose', AttributesOf<typeof schema>>;

/** Reorders dimensions: dimension i of the output is dimension permutation[i] of the input. f32 or u8. */
export const transpose = defineOperation({
  op: 'transpose',
  arity: [1, 1],
  schema,
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    const { permutation } = node.attributes;
    const sorted = [...permutation].sort((a, b) => a - b);
    if (permutation.length !== x.shape.length || sorted.some((axis, i) => axis !== i)) {
      rejectNode(node, `${formatShape(permutation)} is no permutation of ${x.shape.length} dimensions`);
    }
    const shape = permutation.map((axis) => x.shape[axis] ?? 1);
    return [movedOutput(node, x, shape)];
  },
});

export const transposeReference: Reference<TransposeNode> = (node, inputs, [out]) => {
  const x = required(node, inputs, 0);
  const { shape } = out ?? rejectNode(node, 'has no output');
  const strides = stridesOf(x.shape);
  const offsets = node.attributes.permutation.map((axis, i) =>
    Array.from({ length: shape[i] ?? 0 }, (_, index) => index * (strides[axis] ?? 0)),
  );
  return [gather(x, shape, offsets)];
};
