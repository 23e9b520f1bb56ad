import { integer, integers } from './attributes.js';
import { type AnyNode, rejectNode } from './operation.js';

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

const at = (list: readonly number[], index: number): number => list[index] ?? 0;

/** Output height and width of a window over `[height, width]`; `roundUp` keeps a last partial window. */
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
    const rounded = roundUp ? Math.ceil(steps) : Math.floor(steps);
    const startsInside = rounded * stride < input + before;
    return (startsInside ? rounded : rounded - 1) + 1;
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
