import { type AnyNode, rejectNode } from './operation.js';
import { elementCount, formatShape, type TensorType } from './tensor.js';

/** Refuses an axis that the shape does not have. */
export function checkAxis(node: AnyNode, axis: number, shape: readonly number[]): void {
  if (axis >= shape.length) rejectNode(node, `axis ${axis} does not exist in ${formatShape(shape)}`);
}

/** The f32 type of an operation along one axis that keeps the shape. */
export function alongAxisOutput(node: AnyNode, x: TensorType, axis: number): TensorType {
  if (x.dtype !== 'f32') rejectNode(node, `input must be f32, got ${x.dtype}`);
  checkAxis(node, axis, x.shape);
  return { dtype: 'f32', shape: x.shape };
}

/** A line along an axis: `count` elements from `start`, `stride` apart. */
export interface Line {
  readonly start: number;
  readonly stride: number;
  readonly count: number;
}

/** All lines of a row-major value along one axis. */
export function linesAlong(shape: readonly number[], axis: number): readonly Line[] {
  const count = shape[axis] ?? 1;
  const stride = elementCount(shape.slice(axis + 1));
  const outer = elementCount(shape.slice(0, axis));
  return Array.from({ length: outer * stride }, (_, i) => {
    const start = Math.floor(i / stride) * count * stride + (i % stride);
    return { start, stride, count };
  });
}

/** Applies a function of a whole line to every line along an axis. */
export function mapLines(
  x: { readonly shape: readonly number[]; readonly data: ArrayLike<number> },
  axis: number,
  apply: (values: readonly number[]) => readonly number[],
): Float32Array {
  const data = new Float32Array(x.data.length);
  for (const { start, stride, count } of linesAlong(x.shape, axis)) {
    const values = Array.from({ length: count }, (_, i) => x.data[start + i * stride] ?? 0);
    apply(values).forEach((value, i) => {
      data[start + i * stride] = value;
    });
  }
  return data;
}
