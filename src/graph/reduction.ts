import { type AttributesOf, boolean, integers } from './attributes.js';
import { stridesOf } from './moving.js';
import {
  type AnyNode,
  defineOperation,
  type NodeOf,
  type Operation,
  type Reference,
  rejectNode,
  required,
} from './operation.js';
import { allocate, elementCount, formatShape } from './tensor.js';

const schema = {
  /** Axes that are reduced, at least one. */
  axes: integers('any', 0),
  /** Whether reduced axes stay with size 1. */
  keepDimensions: boolean(true),
} as const;

export type ReductionAttributes = AttributesOf<typeof schema>;

/** Output shape of a reduction. */
export function reducedShape(
  shape: readonly number[],
  { axes, keepDimensions }: ReductionAttributes,
): readonly number[] {
  return shape.flatMap((size, axis) => (axes.includes(axis) ? (keepDimensions ? [1] : []) : [size]));
}

function checkAxes(node: AnyNode, axes: readonly number[], shape: readonly number[]): void {
  if (axes.length === 0 || new Set(axes).size !== axes.length || axes.some((a) => a >= shape.length)) {
    rejectNode(node, `axes ${formatShape(axes)} must be distinct and exist in ${formatShape(shape)}`);
  }
}

/** An operation that combines all elements along some axes into one, f32. */
export function defineReduction<Op extends string>(
  op: Op,
): Operation<NodeOf<Op, ReductionAttributes>> & { readonly schema: typeof schema } {
  return defineOperation({
    op,
    arity: [1, 1],
    schema,
    infer(node, inputs) {
      const x = required(node, inputs, 0);
      if (x.dtype !== 'f32') rejectNode(node, `input must be f32, got ${x.dtype}`);
      checkAxes(node, node.attributes.axes, x.shape);
      return [{ dtype: 'f32', shape: reducedShape(x.shape, node.attributes) }];
    },
  });
}

/** How a reduction starts, takes an element in, and ends given the number of elements. */
export interface Reduction {
  readonly start: number;
  readonly combine: (total: number, value: number) => number;
  readonly finish?: (total: number, count: number) => number;
}

export function reductionReference<Op extends string>({
  start,
  combine,
  finish = (total) => total,
}: Reduction): Reference<NodeOf<Op, ReductionAttributes>> {
  return (node, inputs) => {
    const x = required(node, inputs, 0);
    const kept = reducedShape(x.shape, { ...node.attributes, keepDimensions: true });
    const strides = stridesOf(x.shape);
    const keptStrides = stridesOf(kept);
    const totals = new Array<number>(elementCount(kept)).fill(start);
    x.data.forEach((value, i) => {
      let target = 0;
      x.shape.forEach((size, axis) => {
        const index = Math.floor(i / (strides[axis] ?? 1)) % size;
        if (!node.attributes.axes.includes(axis)) target += index * (keptStrides[axis] ?? 0);
      });
      totals[target] = combine(totals[target] ?? start, value);
    });
    const count = x.data.length / totals.length;
    const data = allocate('f32', totals.length);
    data.set(totals.map((total) => finish(total, count)));
    return [{ dtype: 'f32', shape: reducedShape(x.shape, node.attributes), data }];
  };
}
