import { formatShape } from '../../../graph/tensor.js';
import type { Operand } from '../draft.js';
import type { NirNode } from '../file.js';
import type { NumberArray } from '../hdf5.js';
import { type Context, foldedBias, type Primitive, scaledRows, stepShape } from './primitive.js';

/** Axes of Conv1d become columns of one row. */
const asPlane = (sizes: readonly number[], filler: number): readonly number[] =>
  sizes.length === 1 ? [filler, ...sizes] : sizes;

/** Padding before and after each axis: as given, none for `valid`, as much as keeps the size for `same`. */
function padding(
  { fields }: NirNode,
  axes: number,
  strides: readonly number[],
  reach: readonly number[],
): readonly [before: readonly number[], after: readonly number[]] {
  const text = fields.text('padding');
  if (text === undefined) {
    const sizes = fields.sizes('padding', axes, 0);
    return [sizes, sizes];
  }
  if (text === 'valid') return [reach.map(() => 0), reach.map(() => 0)];
  if (text !== 'same')
    fields.reject('padding', `must be 'same', 'valid' or integers, got '${text.slice(0, 40)}'`);
  if (strides.some((stride) => stride !== 1)) fields.reject('padding', "'same' needs a stride of 1");
  const before = reach.map((taps) => Math.floor((taps - 1) / 2));
  return [before, reach.map((taps, i) => taps - 1 - (before[i] ?? 0))];
}

/** Checks the sizes that a convolution was made for, where the file has them. */
function checkInputShape({ fields }: NirNode, axes: number, spatial: readonly number[]): void {
  if (!fields.has('input_shape')) return;
  const made = fields.sizes('input_shape', axes, 1);
  if (made.some((size, i) => size !== spatial[i])) {
    fields.reject('input_shape', `is ${formatShape(made)}, but the input has ${formatShape(spatial)}`);
  }
}

function weightOf({ fields }: NirNode, axes: number, shape: readonly number[]): NumberArray {
  const weight = fields.arrayOfRank('weight', axes + 2);
  const groups = fields.has('groups') ? fields.integer('groups', 1) : 1;
  const [rows = 0, perGroup = 0] = weight.shape;
  const [channels = 0] = shape;
  if (shape.length !== axes + 1) {
    fields.reject(
      'weight',
      `needs an input of ${axes + 1} dimensions, channels first, got ${formatShape(shape)}`,
    );
  }
  if (perGroup * groups !== channels || rows % groups !== 0) {
    fields.reject(
      'weight',
      `${formatShape(weight.shape)} with ${groups} groups does not fit ${channels} channels`,
    );
  }
  return weight;
}

function attributes(node: NirNode, axes: number, weight: NumberArray) {
  const { fields } = node;
  const strides = fields.has('stride') ? fields.sizes('stride', axes, 1) : weight.shape.slice(2).map(() => 1);
  const dilations = fields.has('dilation') ? fields.sizes('dilation', axes, 1) : strides.map(() => 1);
  const reach = weight.shape.slice(2).map((taps, i) => (taps - 1) * (dilations[i] ?? 1) + 1);
  const [before, after] = padding(node, axes, strides, reach);
  return {
    strides: asPlane(strides, 1),
    dilations: asPlane(dilations, 1),
    pads: [...asPlane(before, 0), ...asPlane(after, 0)],
    groups: fields.has('groups') ? fields.integer('groups', 1) : 1,
  };
}

/** A row of pixels for each channel, so that a plane's convolution takes it. */
function asImage(node: NirNode, input: Operand, { draft }: Context): Operand {
  const [steps = 1, channels = 1, length = 1] = input.type.shape;
  const shape = [steps, channels, 1, length];
  return draft.emit('reshape', `${node.name}.image`, [input.name], {
    attributes: { shape },
    greatest: input.greatest,
  });
}

function convert(node: NirNode, input: Operand, context: Context, axes: 1 | 2): Operand {
  const { draft, fold } = context;
  const shape = stepShape(input);
  const weight = weightOf(node, axes, shape);
  checkInputShape(node, axes, shape.slice(1));
  const [rows = 0, perGroup = 0, ...taps] = weight.shape;
  const bias = node.fields.has('bias') ? node.fields.array('bias') : undefined;
  if (bias && bias.data.length !== rows) {
    node.fields.reject('bias', `has ${bias.data.length} numbers, but there are ${rows} output channels`);
  }
  const folded = fold?.(rows);
  const total = foldedBias(bias?.data, rows, folded);
  const kernel = {
    dtype: 'f32',
    shape: [rows, perGroup, ...asPlane(taps, 1)],
    data: scaledRows(weight, folded?.gain),
  } as const;
  const image = axes === 1 ? asImage(node, input, context) : input;
  const inputs = [
    image.name,
    draft.constant(`${node.name}.weight`, kernel),
    ...(total ? [draft.numbers(`${node.name}.bias`, [rows], total)] : []),
  ];
  const result = draft.emit('conv', node.name, inputs, { attributes: attributes(node, axes, weight) });
  if (axes === 2) return result;
  const [steps = 1, channels = 1, , length = 1] = result.type.shape;
  return draft.emit('reshape', `${node.name}.row`, [result.name], {
    attributes: { shape: [steps, channels, length] },
  });
}

const limits = "padding 'same' needs a stride of 1";

export const conv1d: Primitive = {
  meaning: 'convolution over [channels, length]',
  becomes: '`reshape`, `conv`, `reshape`',
  limits,
  convert: (node, input, context) => convert(node, input, context, 1),
};

export const conv2d: Primitive = {
  meaning: 'convolution over [channels, height, width]',
  becomes: '`conv`',
  limits,
  convert: (node, input, context) => convert(node, input, context, 2),
};
