import type { NodeOf } from '../operation.js';
import { defineUnary } from '../unary.js';

export type ReluNode = NodeOf<'relu', object>;

/** max(x, 0). */
export const relu = defineUnary({
  op: 'relu',
  schema: {},
  keepsRange: true,
  functionOf: () => (x) => Math.max(x, 0),
});
