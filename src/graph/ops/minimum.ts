import { type BinaryMeaning, defineBinary } from '../elementwise.js';
import type { NodeOf } from '../operation.js';

export type MinimumNode = NodeOf<'minimum', object>;

/** the lesser of a and b with broadcasting, f32. */
export const minimum = defineBinary('minimum');

export const minimumMeaning: BinaryMeaning = { real: (a, b) => Math.min(a, b) };
