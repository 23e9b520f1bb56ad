import { broadcastShape, broadcastStrides, forEachBroadcast } from '../broadcast.js';
import {
  type AnyNode,
  defineOperation,
  type NodeOf,
  type Reference,
  rejectNode,
  required,
} from '../operation.js';
import { allocate, elementCount, formatShape } from '../tensor.js';

export type MatmulNode = NodeOf<'matmul', object>;

export interface MatmulSizes {
  /** Broadcast shape of everything before the last two dimensions. */
  readonly batch: readonly number[];
  readonly batchA: readonly number[];
  readonly batchB: readonly number[];
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** Splits the shapes of `a` [..., rows, inner] and `b` [..., inner, columns] into batch and matrix. */
export function matmulSizes(node: AnyNode, a: readonly number[], b: readonly number[]): MatmulSizes {
  const [rows = 0, inner = 0] = a.slice(-2);
  const [innerB = 0, columns = 0] = b.slice(-2);
  if (a.length < 2 || b.length < 2 || inner !== innerB) {
    rejectNode(node, `matrices ${formatShape(a)} and ${formatShape(b)} do not fit together`);
  }
  const batchA = a.slice(0, -2);
  const batchB = b.slice(0, -2);
  return { batch: broadcastShape(node, batchA, batchB), batchA, batchB, rows, inner, columns };
}

/** Matrix product of two computed values of at least two dimensions, batches broadcast, f32. */
export const matmul = defineOperation({
  op: 'matmul',
  arity: [2, 2],
  schema: {},
  infer(node, inputs) {
    const a = required(node, inputs, 0);
    const b = required(node, inputs, 1);
    if (a.dtype !== 'f32' || b.dtype !== 'f32') {
      rejectNode(node, `operands must be f32, got ${a.dtype} and ${b.dtype}`);
    }
    const { batch, rows, columns } = matmulSizes(node, a.shape, b.shape);
    return [{ dtype: 'f32', shape: [...batch, rows, columns] }];
  },
  cost(_node, inputs, outputs) {
    return { macs: elementCount(outputs[0]?.shape ?? []) * (inputs[0]?.shape.at(-1) ?? 0) };
  },
});

export const matmulReference: Reference<MatmulNode> = (node, inputs, [out]) => {
  const a = required(node, inputs, 0);
  const b = required(node, inputs, 1);
  const output = out ?? rejectNode(node, 'has no output');
  const { batch, batchA, batchB, rows, inner, columns } = matmulSizes(node, a.shape, b.shape);
  const data = allocate('f32', elementCount(output.shape));
  const strides = [broadcastStrides(batchA, batch), broadcastStrides(batchB, batch)] as const;
  forEachBroadcast(batch, ...strides, (index, indexA, indexB) => {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let sum = 0;
        for (let i = 0; i < inner; i++) {
          const left = a.data[(indexA * rows + row) * inner + i] ?? 0;
          sum += left * (b.data[(indexB * inner + i) * columns + column] ?? 0);
        }
        data[(index * rows + row) * columns + column] = sum;
      }
    }
  });
  return [{ dtype: 'f32', shape: output.shape, data }];
};
