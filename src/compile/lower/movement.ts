import { sliceRanges } from '../../graph/ops/slice.js';
import type { NodeFor } from '../../graph/ops/table.js';
import { byteSize, elementCount } from '../../graph/tensor.js';
import { denseStrides, isRowMajor, physicalOrder, physicalShape, physicalStrides } from '../layout.js';
import { type Pointer, pointer } from '../program.js';
import { alias, type Context, define, type Lowering, typeOf, use, type Value } from './context.js';
import { advance, copyStrided } from './strided.js';

export const lowerTranspose: Lowering<NodeFor<'transpose'>> = (context, fused) => {
  const x = use(context, fused, 0);
  const output = define(context, fused.output);
  const { permutation } = fused.node.attributes;
  const strides = physicalStrides(x.type.shape);
  const order = physicalOrder(permutation.length).map((axis) => strides[permutation[axis] ?? 0] ?? 0);
  copyStrided(context, x.at, output, physicalShape(output.type.shape), order);
};

/** A value rearranged to row-major order; the value itself where it lies so already. */
export function rowMajor(context: Context, x: Value): Value {
  const { shape, dtype } = x.type;
  if (isRowMajor(shape)) return x;
  const buffer = context.program.scratch(`${x.name}.rows`, elementCount(shape) * byteSize[dtype]);
  const flat = { ...x, at: pointer(buffer) };
  copyStrided(context, x.at, flat, shape, physicalStrides(shape));
  return flat;
}

/** Where a kernel writes a node's output in row-major order, and what brings it to its own order after that. */
export function rowMajorOutput(
  context: Context,
  output: Value,
): { readonly at: Pointer; readonly settle: () => void } {
  const { shape } = output.type;
  if (isRowMajor(shape)) return { at: output.at, settle: () => undefined };
  const at = pointer(context.program.scratch(`${output.name}.rows`, output.at.buffer.bytes));
  const strides = denseStrides(shape);
  const order = physicalOrder(shape.length).map((axis) => strides[axis] ?? 0);
  return { at, settle: () => copyStrided(context, at, output, physicalShape(shape), order) };
}

/** No bytes move where both shapes lie in row-major order. */
export const lowerReshape: Lowering<NodeFor<'reshape'>> = (context, fused) => {
  const x = rowMajor(context, use(context, fused, 0));
  const { shape } = typeOf(context, fused.output);
  if (isRowMajor(shape)) {
    alias(context, fused.output, x.at);
    return;
  }
  const output = define(context, fused.output);
  const strides = denseStrides(shape);
  const order = physicalOrder(shape.length).map((axis) => strides[axis] ?? 0);
  copyStrided(context, x.at, output, physicalShape(shape), order);
};

/** Copies each input into its slice of the output, rows of adjacent bytes at a time. */
export const lowerConcat: Lowering<NodeFor<'concat'>> = (context, fused) => {
  const output = define(context, fused.output);
  const rank = output.type.shape.length;
  const { axis } = fused.node.attributes;
  const position = physicalOrder(rank).indexOf(axis);
  const size = byteSize[output.type.dtype];
  const rowBytes = (shape: readonly number[]): number =>
    elementCount(physicalShape(shape).slice(position)) * size;
  const outer = elementCount(physicalShape(output.type.shape).slice(0, position));
  const outputStride = rowBytes(output.type.shape);
  let offset = 0;
  fused.node.inputs.forEach((_, i) => {
    const x = use(context, fused, i);
    const bytes = rowBytes(x.type.shape);
    context.program.call('u8_copy_rows', outer, {
      input: x.at,
      output: pointer(output.at.buffer, output.at.offset + offset),
      bytes,
      inputStride: bytes,
      outputStride,
    });
    offset += bytes;
  });
};

export const lowerSlice: Lowering<NodeFor<'slice'>> = (context, fused) => {
  const x = use(context, fused, 0);
  const output = define(context, fused.output);
  const own = physicalStrides(x.type.shape);
  const ranges = sliceRanges(fused.node, x.type.shape);
  const start = ranges.reduce((sum, range, axis) => sum + range.start * (own[axis] ?? 0), 0);
  const strides = physicalOrder(ranges.length).map((axis) => (own[axis] ?? 0) * (ranges[axis]?.step ?? 1));
  const source = advance(x.at, start, byteSize[x.type.dtype]);
  copyStrided(context, source, output, physicalShape(output.type.shape), strides);
};
