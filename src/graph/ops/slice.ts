import { type AttributesOf, integers } from '../attributes.js';
import { gather, movedOutput, stridesOf } from '../moving.js';
import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';
import { formatShape } from '../tensor.js';

/** Beyond every size, so that "to the end" can be written as a very large number. */
const unbounded = 2 ** 63;

const schema = {
  starts: integers('any', -unbounded, undefined, unbounded),
  ends: integers('any', -unbounded, undefined, unbounded),
  /** Axes that `starts`, `ends` and `steps` are about; empty for the first ones in order. */
  axes: integers('any', 0, []),
  /** Empty for steps of 1. */
  steps: integers('any', -unbounded, [], unbounded),
} as const;

export type SliceNode = NodeOf<'slice', AttributesOf<typeof schema>>;

/** What a slice takes of one axis: `count` indices from `start`, `step` apart (negative: backwards). */
export interface SliceRange {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

const clamp = (x: number, least: number, greatest: number): number => Math.min(Math.max(x, least), greatest);

function sliceRange(size: number, start: number, end: number, step: number): SliceRange {
  const fromEnd = (index: number): number => (index < 0 ? index + size : index);
  const [least, greatest] = step > 0 ? [0, size] : [-1, size - 1];
  const first = clamp(fromEnd(start), 0, greatest);
  const limit = clamp(fromEnd(end), least, greatest);
  return { start: first, step, count: Math.max(0, Math.ceil((limit - first) / step)) };
}

/** The range taken of every axis of the input, by ONNX's rules for negative and excessive indices. */
export function sliceRanges(node: SliceNode, shape: readonly number[]): readonly SliceRange[] {
  const { starts, ends, steps } = node.attributes;
  const axes = node.attributes.axes.length > 0 ? node.attributes.axes : starts.map((_, i) => i);
  const lengths = [ends.length, axes.length, steps.length || starts.length];
  if (lengths.some((length) => length !== starts.length)) {
    rejectNode(node, 'starts, ends, axes and steps must have one entry for each axis');
  }
  if (new Set(axes).size !== axes.length || axes.some((axis) => axis >= shape.length)) {
    rejectNode(node, `axes ${formatShape(axes)} must be distinct and exist in ${formatShape(shape)}`);
  }
  if (steps.includes(0)) rejectNode(node, 'steps must not be 0');
  return shape.map((size, axis) => {
    const i = axes.indexOf(axis);
    if (i < 0) return { start: 0, step: 1, count: size };
    return sliceRange(size, starts[i] ?? 0, ends[i] ?? 0, steps[i] ?? 1);
  });
}

function checkedRanges(node: SliceNode, shape: readonly number[]): readonly SliceRange[] {
  const ranges = sliceRanges(node, shape);
  if (ranges.some(({ count }) => count === 0)) rejectNode(node, `takes nothing of ${formatShape(shape)}`);
  return ranges;
}

/** Part of a value: a range of each axis, f32 or u8. */
export const slice = defineOperation({
  op: 'slice',
  arity: [1, 1],
  schema,
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    const shape = checkedRanges(node, x.shape).map(({ count }) => count);
    return [movedOutput(node, x, shape)];
  },
});

export const sliceReference: Reference<SliceNode> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const strides = stridesOf(x.shape);
  const ranges = sliceRanges(node, x.shape);
  const offsets = ranges.map(({ start, step, count }, axis) =>
    Array.from({ length: count }, (_, i) => (start + i * step) * (strides[axis] ?? 0)),
  );
  return [
    gather(
      x,
      ranges.map(({ count }) => count),
      offsets,
    ),
  ];
};
