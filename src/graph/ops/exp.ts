import { exponential } from '../exponential.js';
import type { NodeOf } from '../operation.js';
import { defineUnary } from '../unary.js';

export type ExpNode = NodeOf<'exp', object>;

/** e to the power of x. */
export const exp = defineUnary({
  op: 'exp',
  schema: {},
  functionOf: () => exponential,
});
