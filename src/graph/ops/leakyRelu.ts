import { type AttributesOf, number } from '../attributes.js';
import type { NodeOf } from '../operation.js';
import { defineUnary } from '../unary.js';

const schema = { slope: number(0.01) } as const;

export type LeakyReluNode = NodeOf<'leakyRelu', AttributesOf<typeof schema>>;

/** x where it is positive, slope * x elsewhere. */
export const leakyRelu = defineUnary({
  op: 'leakyRelu',
  schema,
  functionOf({ attributes: { slope } }) {
    return (x) => (x > 0 ? x : slope * x);
  },
});
