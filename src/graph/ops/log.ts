import { logarithm } from '../exponential.js';
import type { NodeOf } from '../operation.js';
import { defineUnary } from '../unary.js';

export type LogNode = NodeOf<'log', object>;

/** natural logarithm. */
export const log = defineUnary({
  op: 'log',
  schema: {},
  functionOf: () => logarithm,
});
