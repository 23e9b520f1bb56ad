import { type BinaryMeaning, defineBinary } from '../elementwise.js';
import type { NodeOf } from '../operation.js';

export type MaximumNode = NodeOf<'maximum', object>;

/** the greater of a and b with broadcasting, f32. */
export const maximum = defineBinary('maximum');

export const maximumMeaning: BinaryMeaning = { real: (a, b) => Math.max(a, b) };
