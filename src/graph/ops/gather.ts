import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';
import { elementCount, formatType } from '../tensor.js';

export type GatherNode = NodeOf<'gather', object>;

/**
 * Rows of a table by their numbers, such as the embeddings of tokens: inputs table f32 [rows, ...] and indices of any
 * shape, whole numbers as f32, output f32 [...indices, ...]. A number that is no row of the table gives zeros.
 */
export const gather = defineOperation({
  op: 'gather',
  arity: [2, 2],
  schema: {},
  infer(node, inputs) {
    const table = required(node, inputs, 0);
    const indices = required(node, inputs, 1);
    if (table.dtype !== 'f32' || table.shape.length === 0 || indices.dtype !== 'f32') {
      rejectNode(
        node,
        `takes an f32 table and whole numbers as f32, got ${formatType(table)}, ${formatType(indices)}`,
      );
    }
    return [{ dtype: 'f32', shape: [...indices.shape, ...table.shape.slice(1)] }];
  },
});

export const gatherReference: Reference<GatherNode> = (node, inputs, [out]) => {
  const [table, indices] = [required(node, inputs, 0), required(node, inputs, 1)];
  const shape = out?.shape ?? [];
  const size = elementCount(table.shape.slice(1));
  const data = new Float32Array(elementCount(shape));
  indices.data.forEach((index, i) => {
    const [begin, end] = [index * size, (index + 1) * size];
    if (index >= 0 && end <= table.data.length && Number.isInteger(index))
      data.set(table.data.subarray(begin, end), i * size);
  });
  return [{ dtype: 'f32', shape, data }];
};
