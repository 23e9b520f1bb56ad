import { byteSize, elementCount, type TensorType } from '../graph/tensor.js';

/**
 * The order in which the dimensions of a value lie in memory, outermost first. Values of rank 4 and more are
 * channels-last: dimension 1 comes innermost.
 */
export function physicalOrder(rank: number): readonly number[] {
  const order = Array.from({ length: rank }, (_, i) => i);
  return rank < 4 ? order : [0, ...order.slice(2), 1];
}

/** The shape as it lies in memory. */
export const physicalShape = (shape: readonly number[]): readonly number[] =>
  physicalOrder(shape.length).map((axis) => shape[axis] ?? 1);

/** Row-major strides in elements. */
export function denseStrides(shape: readonly number[]): readonly number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = (strides[i + 1] ?? 1) * (shape[i + 1] ?? 1);
  return strides;
}

/** Stride in elements of each logical dimension of a value as it lies in memory. */
export function physicalStrides(shape: readonly number[]): readonly number[] {
  const dense = denseStrides(physicalShape(shape));
  const strides = new Array<number>(shape.length).fill(0);
  physicalOrder(shape.length).forEach((axis, position) => {
    strides[axis] = dense[position] ?? 0;
  });
  return strides;
}

/** Whether memory holds the elements in row-major order: no dimension larger than one has changed places. */
export function isRowMajor(shape: readonly number[]): boolean {
  const moved = physicalOrder(shape.length).filter((axis) => shape[axis] !== 1);
  return moved.every((axis, i) => i === 0 || (moved[i - 1] ?? 0) < axis);
}

export const bytesOfType = (type: TensorType): number => elementCount(type.shape) * byteSize[type.dtype];

/** A dimension walked by a strided kernel: its size and each operand's stride. */
export interface Walk {
  readonly size: number;
  readonly strides: readonly number[];
}

/** Drops dimensions of one element and joins neighbours that every operand walks without a jump. */
export function joinDimensions(walks: readonly Walk[]): readonly Walk[] {
  const joined: Walk[] = [];
  for (const walk of walks) {
    if (walk.size === 1) continue;
    const outer = joined.at(-1);
    if (outer?.strides.every((stride, i) => stride === (walk.strides[i] ?? 0) * walk.size)) {
      joined[joined.length - 1] = { size: outer.size * walk.size, strides: walk.strides };
    } else {
      joined.push(walk);
    }
  }
  return joined;
}
