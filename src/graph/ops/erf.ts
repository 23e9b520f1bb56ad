import { errorFunction } from '../exponential.js';
import type { NodeOf } from '../operation.js';
import { defineUnary } from '../unary.js';

export type ErfNode = NodeOf<'erf', object>;

/** error function. */
export const erf = defineUnary({
  op: 'erf',
  schema: {},
  functionOf: () => errorFunction,
});
