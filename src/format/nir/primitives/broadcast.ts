import { formatShape, sameShape } from '../../../graph/tensor.js';
import type { Fields } from '../fields.js';
import type { NumberArray } from '../hdf5.js';
import { withoutOnes } from '../per-neuron.js';

/** Shape under which numbers combine with a value [steps, ...shape]: [1] for a single one. */
export function broadcast(
  fields: Fields,
  field: string,
  { shape, data }: NumberArray,
  value: readonly number[],
): readonly number[] {
  if (data.length === 1) return [1];
  if (!sameShape(withoutOnes(shape), withoutOnes(value))) {
    fields.reject(field, `has shape ${formatShape(shape)}, but the input has ${formatShape(value)}`);
  }
  return [1, ...value];
}
