import { linearNeighbours, type Neighbours, nearestIndices } from '../../graph/interpolation.js';
import { padFill, padSource } from '../../graph/ops/pad.js';
import { resizedAxes } from '../../graph/ops/resize.js';
import type { NodeFor } from '../../graph/ops/table.js';
import { byteSize, elementCount } from '../../graph/tensor.js';
import { denseStrides, physicalOrder, physicalShape } from '../layout.js';
import { type Context, define, type Lowering, unsupported, use, type Value } from './context.js';

/** Dimensions that `u8_remap` walks by tables. */
const tables = 4;

/** For each index of an output dimension the index of the input dimension that it shows; negative fills. */
type Indices = readonly number[];

const isIdentity = (indices: Indices, size: number): boolean =>
  indices.length === size && indices.every((index, i) => index === i);

/** Innermost dimensions that stay as they are move as one run of bytes. */
function trailingRun(dimensions: readonly Indices[], shape: readonly number[]): number {
  let kept = dimensions.length;
  while (kept > 0 && isIdentity(dimensions[kept - 1] ?? [], shape[kept - 1] ?? 1)) kept--;
  return kept;
}

/** Fills the output by picking elements along each dimension, listed in memory order. */
function remap(context: Context, x: Value, output: Value, picked: readonly Indices[], fill: number): boolean {
  const shape = physicalShape(x.type.shape);
  const size = byteSize[x.type.dtype];
  const strides = denseStrides(shape);
  const leadingOnes = picked.findIndex(
    (indices, i) => indices.length !== 1 || shape[i] !== 1 || indices[0] !== 0,
  );
  const first = leadingOnes < 0 ? picked.length : leadingOnes;
  const end = Math.max(first, trailingRun(picked, shape));
  if (end - first > tables) return false;
  const lists: Indices[] = picked
    .slice(first, end)
    .map((indices, i) => indices.map((index) => (index < 0 ? -1 : index * (strides[first + i] ?? 0) * size)));
  while (lists.length < tables) lists.unshift([0]);
  const [size0 = 1, size1 = 1, size2 = 1, size3 = 1] = lists.map((list) => list.length);
  const offsets = lists.map((list, i) =>
    context.program.constant(`${output.name}.offsets${i}`, Int32Array.from(list)),
  );
  context.program.call('u8_remap', size0 * size1 * size2, {
    input: x.at,
    output: output.at,
    size1,
    size2,
    size3,
    bytes: elementCount(shape.slice(end)) * size,
    ...Object.fromEntries(offsets.map((table, i) => [`offsets${i}`, table])),
    fill,
  });
  return true;
}

/** The bits of a fill value, as the four bytes that repeat. */
function fillPattern(value: number, isInteger: boolean): number {
  if (isInteger) return value * 0x01010101;
  return new Int32Array(Float32Array.of(value).buffer)[0] ?? 0;
}

export const lowerPad: Lowering<NodeFor<'pad'>> = (context, fused) => {
  const x = use(context, fused, 0);
  const output = define(context, fused.output);
  const { pads, mode } = fused.node.attributes;
  const picked = physicalOrder(x.type.shape.length).map((axis) =>
    Array.from({ length: output.type.shape[axis] ?? 1 }, (_, i) =>
      padSource(mode, x.type.shape[axis] ?? 1, i - (pads[axis] ?? 0)),
    ),
  );
  const fill = fillPattern(padFill(fused.node, x.type), x.type.dtype === 'u8');
  if (!remap(context, x, output, picked, fill)) unsupported(fused, 'pads more than four dimensions');
};

const every = (count: number): Indices => Array.from({ length: count }, (_, i) => i);

export const lowerResize: Lowering<NodeFor<'resize'>> = (context, fused) => {
  const x = use(context, fused, 0);
  const output = define(context, fused.output);
  const [images = 1, channels = 1] = x.type.shape;
  const [rows, columns] = resizedAxes(fused.node, x.type.shape);
  const { mode, rounding } = fused.node.attributes;
  if (mode === 'linear') {
    resizeLinear(context, x, output, linearNeighbours(rows), linearNeighbours(columns));
    return;
  }
  const picked = [
    every(images),
    nearestIndices(rows, rounding),
    nearestIndices(columns, rounding),
    every(channels),
  ];
  if (!remap(context, x, output, picked, 0)) unsupported(fused, 'resizes more than four dimensions');
};

function resizeLinear(
  { program }: Context,
  x: Value,
  output: Value,
  rows: readonly Neighbours[],
  columns: readonly Neighbours[],
): void {
  const [images = 1, channels = 1, height = 1, width = 1] = x.type.shape;
  const table = (name: string, list: readonly Neighbours[], of: (n: Neighbours) => number) =>
    program.constant(`${output.name}.${name}`, Int32Array.from(list, of));
  const weights = (name: string, list: readonly Neighbours[]) =>
    program.constant(
      `${output.name}.${name}`,
      Float32Array.from(list, (n) => n.weight),
    );
  program.call('f32_resize_bilinear', images * rows.length, {
    input: x.at,
    output: output.at,
    channels,
    imageStride: channels * height * width,
    outHeight: rows.length,
    outWidth: columns.length,
    rows0: table('rows0', rows, (n) => n.lower * width * channels),
    rows1: table('rows1', rows, (n) => n.upper * width * channels),
    rowWeights: weights('rowWeights', rows),
    columns0: table('columns0', columns, (n) => n.lower * channels),
    columns1: table('columns1', columns, (n) => n.upper * channels),
    columnWeights: weights('columnWeights', columns),
  });
}
