import { type AttributesOf, bound } from '../attributes.js';
import type { NodeOf } from '../operation.js';
import { defineUnary } from '../unary.js';

const schema = { minimum: bound(), maximum: bound() } as const;

export type ClipNode = NodeOf<'clip', AttributesOf<typeof schema>>;

/** min(max(x, minimum), maximum), each bound optional. */
export const clip = defineUnary({
  op: 'clip',
  schema,
  keepsRange: true,
  functionOf({ attributes }) {
    const minimum = attributes.minimum ?? Number.NEGATIVE_INFINITY;
    const maximum = attributes.maximum ?? Number.POSITIVE_INFINITY;
    return (x) => Math.min(Math.max(x, minimum), maximum);
  },
});
