import type { NodeOf } from '../operation.js';
import { defineUnary } from '../unary.js';

export type NegateNode = NodeOf<'negate', object>;

/** -x. */
export const negate = defineUnary({
  op: 'negate',
  schema: {},
  functionOf: () => (x) => -x,
});
