import { hyperbolicTangent } from '../exponential.js';
import type { NodeOf } from '../operation.js';
import { defineUnary } from '../unary.js';

export type TanhNode = NodeOf<'tanh', object>;

/** hyperbolic tangent. */
export const tanh = defineUnary({
  op: 'tanh',
  schema: {},
  functionOf: () => hyperbolicTangent,
});
