import { type BinaryMeaning, defineBinary } from '../elementwise.js';
import type { NodeOf } from '../operation.js';
import { checkMultiplier, requantize, requantizeMultiplier } from '../quantized.js';

export type MultiplyNode = NodeOf<'multiply', object>;

/** a * b with broadcasting, f32 or u8. */
export const multiply = defineBinary('multiply', (node, a, b, out) =>
  checkMultiplier(node, a.scale * b.scale, out.scale),
);

export const multiplyMeaning: BinaryMeaning = {
  real: (a, b) => a * b,
  integer: (a, b, out) => {
    const multiplier = requantizeMultiplier(a.scale * b.scale, out.scale);
    return (x, y) => requantize((x - a.zeroPoint) * (y - b.zeroPoint), multiplier, out.zeroPoint);
  },
};
