import { integer, integers } from './attributes.js';
import { type AnyNode, rejectNode } from './operation.js';
import { formatShape, type TensorType } from './tensor.js';

/** Attributes shared by operations that slide a window over the two spatial dimensions of NCHW. */
export const windowSchema = {
  strides: integers(2, 1, [1, 1]),
  /** Rows and columns added at top, left, bottom, right. */
  pads: integers(4, 0, [0, 0, 0, 0]),
  dilations: integers(2, 1, [1, 1]),
} as const;

export const groupsAttribute = integer(1, 2 ** 20, 1);

export interface Window {
  readonly kernel: readonly [height: number, width: number];
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

/** Output height and width of a window over `[height, width]`; `roundUp` keeps a last partial window that starts inside. */
export function windowOutput(
  node: AnyNode,
  [height, width]: readonly [number, number],
  window: Window,
  roundUp = false,
): readonly [height: number, width: number] {
  const size = (input: number, axis: 0 | 1): number => {
    const before = at(window.pads, axis);
    const padded = input + before + at(window.pads, axis + 2);
    const reach = (window.kernel[axis] - 1) * at(window.dilations, axis) + 1;
    const stride = at(window.strides, axis);
    if (padded < reach) rejectNode(node, `a window of ${reach} does not fit in ${padded} rows or columns`);
    const steps = (padded - reach) / stride;
    if (!roundUp) return Math.floor(steps) + 1;
    const last = Math.ceil(steps);
    return last * stride < input + before ? last + 1 : last;
  };
  return [size(height, 0), size(width, 1)];
}

/** Calls `visit` for each window element that lies inside the input, with its row and column there. */
export function forEachTap(
  window: Window,
  [height, width]: readonly [number, number],
  [outY, outX]: readonly [number, number],
  visit: (ky: number, kx: number, y: number, x: number) => void,
): void {
  for (let ky = 0; ky < window.kernel[0]; ky++) {
    const y = outY * at(window.strides, 0) - at(window.pads, 0) + ky * at(window.dilations, 0);
    if (y < 0 || y >= height) continue;
    for (let kx = 0; kx < window.kernel[1]; kx++) {
      const x = outX * at(window.strides, 1) - at(window.pads, 1) + kx * at(window.dilations, 1);
      if (x >= 0 && x < width) visit(ky, kx, y, x);
    }
  }
}
