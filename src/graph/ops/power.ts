import { type BinaryMeaning, defineBinary } from '../elementwise.js';
import type { NodeOf } from '../operation.js';

export type PowerNode = NodeOf<'power', object>;

/** a to the power of b with broadcasting, f32. */
export const power = defineBinary('power');

export const powerMeaning: BinaryMeaning = { real: (a, b) => a ** b };
