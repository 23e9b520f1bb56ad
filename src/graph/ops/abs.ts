import type { NodeOf } from '../operation.js';
import { defineUnary } from '../unary.js';

export type AbsNode = NodeOf<'abs', object>;

/** absolute value. */
export const abs = defineUnary({
  op: 'abs',
  schema: {},
  functionOf: () => (x) => Math.abs(x),
});
