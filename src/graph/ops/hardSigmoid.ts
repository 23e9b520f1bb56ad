import { type AttributesOf, number } from '../attributes.js';
import type { NodeOf } from '../operation.js';
import { defineUnary } from '../unary.js';

const schema = { alpha: number(0.2), beta: number(0.5) } as const;

export type HardSigmoidNode = NodeOf<'hardSigmoid', AttributesOf<typeof schema>>;

/** clip(alpha * x + beta, 0, 1). */
export const hardSigmoid = defineUnary({
  op: 'hardSigmoid',
  schema,
  functionOf({ attributes: { alpha, beta } }) {
    return (x) => Math.min(1, Math.max(0, alpha * x + beta));
  },
});
