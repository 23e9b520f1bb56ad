import { checkInputs } from '../../engine/ports.js';
import type { GraphInput } from '../../graph/graph.js';
import type { Tensor } from '../../graph/tensor.js';
import type { Inputs } from './options.js';

/** Copies of the values given, checked: whatever is wrong with them throws `invalid-input`. */
export function copiedInputs(
  expected: readonly GraphInput[],
  given: Inputs,
): Readonly<Record<string, Tensor>> {
  const inputs = expected.map((description) => ({ description, type: description.type, address: 0 }));
  const data = checkInputs({ inputs }, given);
  return Object.fromEntries(
    inputs.map(({ description: { name }, type: { dtype, shape } }, i) => [
      name,
      { dtype, shape, data: data[i]?.slice() } as Tensor,
    ]),
  );
}
