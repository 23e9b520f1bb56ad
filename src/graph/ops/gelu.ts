import { type AttributesOf, oneOf } from '../attributes.js';
import { complementaryErrorFunction, hyperbolicTangent } from '../exponential.js';
import type { NodeOf } from '../operation.js';
import { defineUnary } from '../unary.js';

const schema = { approximate: oneOf(['none', 'tanh'], 'none') } as const;

export type GeluNode = NodeOf<'gelu', AttributesOf<typeof schema>>;

const exact = (x: number): number => 0.5 * x * complementaryErrorFunction(-x * Math.SQRT1_2);

const byTanh = (x: number): number =>
  0.5 * x * (1 + hyperbolicTangent(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));

/** x times the normal distribution function of x, exact or by the usual approximation with tanh. */
export const gelu = defineUnary({
  op: 'gelu',
  schema,
  functionOf({ attributes }) {
    return attributes.approximate === 'tanh' ? byTanh : exact;
  },
});
