import type { Node } from '../../graph/ops/table.js';
import { elementCount } from '../../graph/tensor.js';
import { columnGroupUnits } from '../kernels/tensor-units.js';
import { physicalOrder, physicalShape } from '../layout.js';
import { type Pointer, pointer } from '../program.js';
import { type Context, define, type Lowering, use, type Value } from './context.js';
import { copyStrided } from './strided.js';

/** A value seen as [outer, middle, inner] in memory. */
export interface Sections {
  readonly outer: number;
  readonly middle: number;
  readonly inner: number;
}

/** Positions in memory order of logical axes, ascending. */
export const positionsOf = (axes: readonly number[], rank: number): readonly number[] =>
  axes.map((axis) => physicalOrder(rank).indexOf(axis)).sort((a, b) => a - b);

/** Splits a shape in memory order around adjacent positions. */
export function sections(shape: readonly number[], positions: readonly number[]): Sections {
  const first = positions[0] ?? shape.length;
  return {
    outer: elementCount(shape.slice(0, first)),
    middle: elementCount(shape.slice(first, first + positions.length)),
    inner: elementCount(shape.slice(first + positions.length)),
  };
}

/** The input with the reduced dimensions innermost, copied where they do not lie together. */
function gathered(
  context: Context,
  x: Value,
  positions: readonly number[],
): { at: Pointer; parts: Sections } {
  const shape = physicalShape(x.type.shape);
  const moving = positions.filter((position) => shape[position] !== 1);
  const adjacent = moving.every((position, i) => i === 0 || position === (moving[i - 1] ?? 0) + 1);
  if (adjacent) return { at: x.at, parts: sections(shape, moving) };
  const order = [...shape.keys()].filter((p) => !positions.includes(p)).concat(positions);
  const strides = shape.map((_, i) => elementCount(shape.slice(i + 1)));
  const copy = context.program.scratch(`${x.name}.gathered`, elementCount(shape) * 4);
  const target = { ...x, at: pointer(copy) };
  copyStrided(
    context,
    x.at,
    target,
    order.map((p) => shape[p] ?? 1),
    order.map((p) => strides[p] ?? 0),
  );
  const middle = elementCount(positions.map((p) => shape[p] ?? 1));
  return { at: target.at, parts: { outer: elementCount(shape) / middle, middle, inner: 1 } };
}

/** Logical axes that a reduction leaves, in the order in which its result lies in memory. */
function remainingOrder(rank: number, axes: readonly number[]): readonly number[] {
  return physicalOrder(rank).filter((axis) => !axes.includes(axis));
}

/** Strides of a result that lies in memory as `order` says, listed in the memory order of the output. */
function settledStrides(x: Value, axes: readonly number[], output: Value): readonly number[] | undefined {
  const rank = x.type.shape.length;
  if (output.type.shape.length === rank) return undefined;
  const order = remainingOrder(rank, axes);
  const kept = [...order].sort((a, b) => a - b);
  const wanted = physicalOrder(kept.length).map((position) => kept[position] ?? 0);
  const sizeOf = (axis: number): number => x.type.shape[axis] ?? 1;
  const large = (list: readonly number[]): string => list.filter((axis) => sizeOf(axis) !== 1).join();
  if (large(order) === large(wanted)) return undefined;
  return wanted.map((axis) => elementCount(order.slice(order.indexOf(axis) + 1).map(sizeOf)));
}

/** Lowers a reduction over the given axes to `f32_reduce_<name>`. */
export function lowerReduce<N extends Node>(
  name: string,
  axesOf: (node: N) => readonly number[],
): Lowering<N> {
  return (context, fused) => {
    const x = use(context, fused, 0);
    const output = define(context, fused.output);
    const rank = x.type.shape.length;
    const axes = axesOf(fused.node);
    const { at, parts } = gathered(context, x, positionsOf(axes, rank));
    const strides = settledStrides(x, axes, output);
    const { program } = context;
    const result = strides
      ? pointer(program.scratch(`${output.name}.reduced`, output.at.buffer.bytes))
      : output.at;
    program.call(`f32_reduce_${name}`, columnGroupUnits(parts.outer, parts.inner), {
      input: at,
      output: result,
      reduce: parts.middle,
      inner: parts.inner,
    });
    if (strides) copyStrided(context, result, output, physicalShape(output.type.shape), strides);
  };
}
