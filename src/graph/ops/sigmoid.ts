import { logistic } from '../exponential.js';
import type { NodeOf } from '../operation.js';
import { defineUnary } from '../unary.js';

export type SigmoidNode = NodeOf<'sigmoid', object>;

/** 1 / (1 + exp(-x)). */
export const sigmoid = defineUnary({
  op: 'sigmoid',
  schema: {},
  functionOf: () => logistic,
});
