import { type BinaryMeaning, defineBinary } from '../elementwise.js';
import type { NodeOf } from '../operation.js';
import { checkSummands, combineSummands } from './add.js';

export type SubtractNode = NodeOf<'subtract', object>;

/** a - b with broadcasting, f32 or u8. */
export const subtract = defineBinary('subtract', checkSummands);

export const subtractMeaning: BinaryMeaning = {
  real: (a, b) => a - b,
  integer: (a, b, out) => combineSummands(-1)(a, b, out),
};
