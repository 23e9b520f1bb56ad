import { type AttributesOf, axis } from '../attributes.js';
import { checkAxis } from '../lines.js';
import { movedOutput, sameQuantization } from '../moving.js';
import {
  type AnyNode,
  defineOperation,
  type InputType,
  type NodeOf,
  type Reference,
  rejectNode,
  required,
} from '../operation.js';
import { allocate, elementCount, formatType } from '../tensor.js';

const schema = { axis: axis() } as const;

export type ConcatNode = NodeOf<'concat', AttributesOf<typeof schema>>;

/** Refuses an input that differs from the first in more than its size along the axis. */
function checkAlike(node: AnyNode, along: number, first: InputType, other: InputType): void {
  const { quantization: a } = first;
  const { quantization: b } = other;
  const sizesFit =
    first.shape.length === other.shape.length &&
    first.shape.every((size, i) => i === along || size === other.shape[i]);
  const meaningFits = a && b ? sameQuantization(a, b) : a === b;
  if (!sizesFit || !meaningFits || first.dtype !== other.dtype) {
    rejectNode(
      node,
      `inputs ${formatType(first)} and ${formatType(other)} cannot be joined on axis ${along}`,
    );
  }
}

/** Joins values along an axis, f32 or u8 of one quantization. */
export const concat = defineOperation({
  op: 'concat',
  arity: [1, 4096],
  schema,
  infer(node, inputs) {
    const first = required(node, inputs, 0);
    const along = node.attributes.axis;
    checkAxis(node, along, first.shape);
    let size = 0;
    for (let i = 0; i < inputs.length; i++) {
      const input = required(node, inputs, i);
      checkAlike(node, along, first, input);
      size += input.shape[along] ?? 0;
    }
    const shape = first.shape.map((own, i) => (i === along ? size : own));
    return [movedOutput(node, first, shape)];
  },
});

export const concatReference: Reference<ConcatNode> = (node, inputs, [out]) => {
  const output = out ?? rejectNode(node, 'has no output');
  const along = node.attributes.axis;
  const data = allocate(output.dtype, elementCount(output.shape));
  const rows = elementCount(output.shape.slice(0, along));
  const outRow = elementCount(output.shape.slice(along));
  let begin = 0;
  inputs.forEach((_, i) => {
    const x = required(node, inputs, i);
    const row = elementCount(x.shape.slice(along));
    for (let r = 0; r < rows; r++) {
      data.set(x.data.subarray(r * row, (r + 1) * row), r * outRow + begin);
    }
    begin += row;
  });
  return [{ dtype: output.dtype, shape: output.shape, data }];
};
