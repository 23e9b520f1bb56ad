import { integer, integers } from './attributes.js';
import { type AnyNode, rejectNode } from './operation.js';
import { formatShape, type TensorType } from './tensor.js';

const windowAttributes = <Axes extends number | readonly number[]>(axes: Axes, ends: Axes) =>
  ({
    strides: integers(axes, 1, [1, 1]),
    /** Elements added at the beginnings of all axes (top, left), then at their ends (bottom, right). */
    pads: integers(ends, 0, [0, 0, 0, 0]),
    dilations: integers(axes, 1, [1, 1]),
  }) as const;

/** Attributes shared by operations that slide a window over the two spatial dimensions of NCHW. */
export const windowSchema = windowAttributes(2, 4);

/** As `windowSchema`, or over the three of NCDHW. */
export const volumeSchema = windowAttributes([2, 3], [4, 6]);

export const groupsAttribute = integer(1, 2 ** 20, 1);

/** A window over two spatial axes, or three; every list has an entry for each of them, `pads` two. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
}

/** The four sizes of an NCHW value. */
export function imageShape(
  node: AnyNode,
  { shape }: TensorType,
): readonly [batch: number, channels: number, height: number, width: number] {
  const [batch = 0, channels = 0, height = 0, width = 0] = shape;
  if (shape.length !== 4) rejectNode(node, `expects an NCHW input, got ${formatShape(shape)}`);
  return [batch, channels, height, width];
}

const at = (list: readonly number[], index: number): number => list[index] ?? 0;

/** Output sizes of a window over an input of some spatial sizes; `roundUp` keeps a last partial window that starts inside. */
export function windowOutput(
  node: AnyNode,
  sizes: readonly number[],
  window: Window,
  roundUp = false,
): readonly number[] {
  return sizes.map((input, axis) => {
    const before = at(window.pads, axis);
    const padded = input + before + at(window.pads, axis + sizes.length);
    const reach = (at(window.kernel, axis) - 1) * at(window.dilations, axis) + 1;
    const stride = at(window.strides, axis);
    if (padded < reach) rejectNode(node, `a window of ${reach} does not fit in ${padded} rows or columns`);
    const steps = (padded - reach) / stride;
    if (!roundUp) return Math.floor(steps) + 1;
    const last = Math.ceil(steps);
    return last * stride < input + before ? last + 1 : last;
  });
}

/** Position along each axis of the element at a row-major index. */
export function positionOf(index: number, sizes: readonly number[]): readonly number[] {
  let rest = index;
  return sizes
    .map((_, i) => {
      const size = at(sizes, sizes.length - 1 - i);
      const position = rest % size;
      rest = Math.floor(rest / size);
      return position;
    })
    .reverse();
}

/**
 * Calls `visit` for each window element that lies inside an input of some spatial sizes, with the row-major indices of
 * the two. `output` is the position of the window's output.
 */
export function forEachTap(
  window: Window,
  sizes: readonly number[],
  output: readonly number[],
  visit: (tap: number, element: number) => void,
): void {
  const along = (axis: number, tap: number, element: number): void => {
    if (axis === sizes.length) {
      visit(tap, element);
      return;
    }
    const [taps, size] = [at(window.kernel, axis), at(sizes, axis)];
    const first = at(output, axis) * at(window.strides, axis) - at(window.pads, axis);
    for (let k = 0; k < taps; k++) {
      const position = first + k * at(window.dilations, axis);
      if (position >= 0 && position < size) along(axis + 1, tap * taps + k, element * size + position);
    }
  };
  along(0, 0, 0);
}
