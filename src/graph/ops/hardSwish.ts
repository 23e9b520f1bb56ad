import type { NodeOf } from '../operation.js';
import { defineUnary } from '../unary.js';

export type HardSwishNode = NodeOf<'hardSwish', object>;

/** x * clip(x / 6 + 1 / 2, 0, 1). */
export const hardSwish = defineUnary({
  op: 'hardSwish',
  schema: {},
  functionOf: () => (x) => x * Math.min(1, Math.max(0, x / 6 + 0.5)),
});
