import { type AnyNode, rejectNode } from './operation.js';
import { formatShape } from './tensor.js';

/** Shape of an elementwise result by NumPy's rules. */
export function broadcastShape(node: AnyNode, a: readonly number[], b: readonly number[]): readonly number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const da = a[i - rank + a.length] ?? 1;
    const db = b[i - rank + b.length] ?? 1;
    if (da !== db && da !== 1 && db !== 1) {
      rejectNode(node, `shapes ${formatShape(a)} and ${formatShape(b)} cannot be broadcast together`);
    }
    return da === 1 ? db : da;
  });
}

/** Strides in elements of a row-major operand as seen from the broadcast shape: 0 where it repeats. */
export function broadcastStrides(shape: readonly number[], out: readonly number[]): readonly number[] {
  const strides = new Array<number>(out.length).fill(0);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const size = shape[i] ?? 1;
    if (size !== 1) strides[i + out.length - shape.length] = stride;
    stride *= size;
  }
  return strides;
}

/** Calls `visit` with the flat index of every element of `out` and of each operand, in row-major order. */
export function forEachBroadcast(
  out: readonly number[],
  stridesA: readonly number[],
  stridesB: readonly number[],
  visit: (index: number, a: number, b: number) => void,
): void {
  let index = 0;
  const walk = (axis: number, a: number, b: number): void => {
    if (axis === out.length) {
      visit(index++, a, b);
      return;
    }
    for (let i = 0; i < (out[axis] ?? 0); i++) {
      walk(axis + 1, a + i * (stridesA[axis] ?? 0), b + i * (stridesB[axis] ?? 0));
    }
  };
  walk(0, 0, 0);
}
