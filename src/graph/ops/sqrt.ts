import type { NodeOf } from '../operation.js';
import { defineUnary } from '../unary.js';

export type SqrtNode = NodeOf<'sqrt', object>;

/** square root. */
export const sqrt = defineUnary({
  op: 'sqrt',
  schema: {},
  functionOf: () => (x) => Math.sqrt(x),
});
