import { binaryReference, defineBinary } from '../elementwise.js';
import type { NodeOf } from '../operation.js';
import { requantizeMultiplier, toQuantized } from '../quantized.js';

export type AddNode = NodeOf<'add', object>;

/** a + b with broadcasting, f32 or u8. */
export const add = defineBinary('add', 'a + b with broadcasting, f32 or integer', 'integer');

export const addReference = binaryReference<'add'>(
  (a, b) => a + b,
  (a, b, out) => {
    const ma = requantizeMultiplier(a.scale, out.scale);
    const mb = requantizeMultiplier(b.scale, out.scale);
    return (x, y) =>
      toQuantized(
        Math.fround(Math.fround((x - a.zeroPoint) * ma) + Math.fround((y - b.zeroPoint) * mb)),
        out.zeroPoint,
      );
  },
);
