import { type BinaryMeaning, defineBinary } from '../elementwise.js';
import type { NodeOf } from '../operation.js';

export type DivideNode = NodeOf<'divide', object>;

/** a / b with broadcasting, f32. */
export const divide = defineBinary('divide');

export const divideMeaning: BinaryMeaning = { real: (a, b) => a / b };
