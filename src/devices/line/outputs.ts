import type { ModelPort } from '../../engine/ports.js';
import { fromWire } from '../../engine/worker/protocol.js';
import { SpikeletError } from '../../error.js';
import { formatShape, sameShape, type Tensor } from '../../graph/tensor.js';
import type { CutWidth } from '../../pipeline/activation/width.js';
import { unpackValues } from '../../pipeline/run/parcel.js';
import { readContents } from '../wire/values.js';

/** The result of an item. Throws the error that became of it, and `invalid-input` for what is no result of the model. */
export function outputsOf(
  parcel: Uint8Array,
  ports: readonly ModelPort[],
  width: CutWidth,
): Record<string, Tensor> {
  const { values, error } = readContents(parcel, width);
  if (error) throw fromWire(error);
  const tensors = unpackValues(values, width);
  return Object.fromEntries(
    ports.map(({ name, dtype, shape }) => {
      const tensor = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
      if (tensor?.dtype === dtype && sameShape(tensor.shape, shape)) return [name, tensor];
      const found = tensor ? `${tensor.dtype}${formatShape(tensor.shape)}` : 'nothing';
      const message = `a device gave ${found}, expected ${dtype}${formatShape(shape)}`;
      throw new SpikeletError('invalid-input', message, { where: `output '${name}'` });
    }),
  );
}
