import { type AttributesOf, integers, numbers, oneOf } from '../attributes.js';
import {
  coordinateModes,
  linearNeighbours,
  nearestIndices,
  type ResizedAxis,
  roundingModes,
} from '../interpolation.js';
import { gather, movedOutput } from '../moving.js';
import {
  defineOperation,
  type NodeOf,
  type Reference,
  type ReferenceInput,
  rejectNode,
  required,
} from '../operation.js';
import { allocate, elementCount, formatShape, type Tensor } from '../tensor.js';
import { imageShape } from '../window.js';

const schema = {
  /** The whole output shape. */
  sizes: integers(4, 1),
  mode: oneOf(['nearest', 'linear'], 'nearest'),
  coordinates: oneOf(coordinateModes, 'half_pixel'),
  rounding: oneOf(roundingModes, 'round_prefer_floor'),
  /** Scales of height and width where positions use others than output / input; empty otherwise. */
  scales: numbers('any', []),
} as const;

export type ResizeNode = NodeOf<'resize', AttributesOf<typeof schema>>;

/** How height and width are resized. */
export function resizedAxes(
  { attributes }: ResizeNode,
  shape: readonly number[],
): readonly [height: ResizedAxis, width: ResizedAxis] {
  const { sizes, scales, coordinates } = attributes;
  const axis = (i: 0 | 1): ResizedAxis => {
    const scale = scales[i];
    const ends = { input: shape[i + 2] ?? 1, output: sizes[i + 2] ?? 1, coordinates };
    return scale === undefined ? ends : { ...ends, scale };
  };
  return [axis(0), axis(1)];
}

/** Resizes height and width of NCHW: nearest for f32 and u8, linear for f32. */
export const resize = defineOperation({
  op: 'resize',
  arity: [1, 1],
  schema,
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    const [batch, channels] = imageShape(node, x);
    const { sizes, scales, mode } = node.attributes;
    if (sizes[0] !== batch || sizes[1] !== channels) {
      rejectNode(
        node,
        `only height and width can change, not ${formatShape(x.shape)} to ${formatShape(sizes)}`,
      );
    }
    if (![0, 2].includes(scales.length) || scales.some((scale) => scale <= 0)) {
      rejectNode(node, 'scales must be two positive numbers or left out');
    }
    if (mode === 'linear' && x.dtype === 'u8') {
      rejectNode(node, 'linear interpolation is f32 only: put a dequantize before it');
    }
    return [movedOutput(node, x, sizes)];
  },
});

function resizeNearest(node: ResizeNode, x: ReferenceInput): Tensor {
  const [batch, channels, height, width] = imageShape(node, x);
  const [rows, columns] = resizedAxes(node, x.shape);
  const every = (count: number, stride: number): number[] =>
    Array.from({ length: count }, (_, i) => i * stride);
  return gather(x, node.attributes.sizes, [
    every(batch, channels * height * width),
    every(channels, height * width),
    nearestIndices(rows, node.attributes.rounding).map((y) => y * width),
    nearestIndices(columns, node.attributes.rounding),
  ]);
}

function resizeLinear(node: ResizeNode, x: ReferenceInput): Tensor {
  const [batch, channels, height, width] = imageShape(node, x);
  const [rows, columns] = resizedAxes(node, x.shape).map(linearNeighbours);
  const data = allocate('f32', elementCount(node.attributes.sizes));
  let written = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (const row of rows ?? []) {
      for (const column of columns ?? []) {
        const along = (y: number): number => {
          const line = (plane * height + y) * width;
          const left = x.data[line + column.lower] ?? 0;
          const right = x.data[line + column.upper] ?? 0;
          return left * (1 - column.weight) + right * column.weight;
        };
        data[written++] = along(row.lower) * (1 - row.weight) + along(row.upper) * row.weight;
      }
    }
  }
  return { dtype: 'f32', shape: node.attributes.sizes, data };
}

export const resizeReference: Reference<ResizeNode> = (node, inputs) => {
  const x = required(node, inputs, 0);
  return [node.attributes.mode === 'linear' ? resizeLinear(node, x) : resizeNearest(node, x)];
};
