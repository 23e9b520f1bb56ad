import type { NodeFor } from '../../graph/ops/table.js';
import { elementCount } from '../../graph/tensor.js';
import { define, type Lowering, use, type Value } from './context.js';
import { emitDense } from './dense.js';
import type { Convolution } from './dense-part.js';
import { rowMajor, rowMajorOutput } from './movement.js';

/** A matrix product of `rows` rows, as a convolution over images of one pixel. */
export function rowsAsPixels(rows: number, inFeatures: number, outFeatures: number): Convolution {
  return {
    images: rows,
    channels: inFeatures,
    outChannels: outFeatures,
    outHeight: 1,
    outWidth: 1,
    kernel: [1, 1],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    groups: 1,
  };
}

/** The same bytes seen as [rows, features, 1, 1]. */
const asRows = (value: Value, rows: number, features: number): Value => ({
  ...value,
  type: { ...value.type, shape: [rows, features, 1, 1] },
});

export const lowerLinear: Lowering<NodeFor<'linear'>> = (context, fused) => {
  const x = rowMajor(context, use(context, fused, 0));
  const output = define(context, fused.output);
  const shape = output.type.shape;
  const [inFeatures, outFeatures] = [x.type.shape.at(-1) ?? 1, shape.at(-1) ?? 1];
  const rows = elementCount(shape) / outFeatures;
  const { at, settle } = rowMajorOutput(context, output);
  emitDense(
    context,
    fused,
    asRows(x, rows, inFeatures),
    asRows({ ...output, at }, rows, outFeatures),
    rowsAsPixels(rows, inFeatures, outFeatures),
  );
  settle();
};
