import { logistic } from '../exponential.js';
import type { NodeOf } from '../operation.js';
import { defineUnary } from '../unary.js';

export type SiluNode = NodeOf<'silu', object>;

/** x * sigmoid(x). */
export const silu = defineUnary({
  op: 'silu',
  schema: {},
  functionOf: () => (x) => x * logistic(x),
});
