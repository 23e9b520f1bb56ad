import { elementCount } from '../../../graph/tensor.js';
import type { Call, Convert } from '../call.js';
import { reshaped } from '../host-moves.js';
import { rejectOperator } from '../unsupported.js';
import { hostIntegers, type Value } from '../values.js';

/** The value under another shape of as many elements. */
export function reshape(call: Call, value: Value, shape: readonly number[], suffix = ''): Value {
  return call.move(value, 'reshape', { shape }, reshaped(shape), suffix);
}

/** The target of Reshape: 0 keeps a size, -1 takes what is left. */
function targetShape(call: Call, shape: readonly number[], target: readonly number[]): readonly number[] {
  const keepZero = call.attributes.integer('allowzero', 0) !== 0;
  const sizes = target.map((size, i) => (size === 0 && !keepZero ? (shape[i] ?? 0) : size));
  const count = elementCount(shape);
  const rest = elementCount(sizes.filter((size) => size !== -1));
  const open = sizes.filter((size) => size === -1).length;
  const fits = open === 0 ? rest === count : open === 1 && rest > 0 && count % rest === 0;
  if (!fits || sizes.some((size) => size < -1)) {
    call.reject(`[${shape.join(', ')}] cannot become [${target.join(', ')}]`);
  }
  return sizes.map((size) => (size === -1 ? count / rest : size));
}

const toTarget: Convert = (call) => {
  const target = call.integers(1, 'the target shape') ?? call.attributes.integers('shape') ?? [];
  return [reshape(call, call.input(0), targetShape(call, call.shape(0), target))];
};

const flatten: Convert = (call) => {
  const shape = call.shape(0);
  const given = call.attributes.integer('axis', 1);
  const axis = given === shape.length ? given : call.axis(given, shape.length);
  const rows = elementCount(shape.slice(0, axis));
  return [reshape(call, call.input(0), [rows, elementCount(shape.slice(axis))])];
};

const givenAxes = (call: Call): readonly number[] | undefined =>
  call.attributes.integers('axes') ?? call.integers(1, 'axes');

const squeeze: Convert = (call) => {
  const shape = call.shape(0);
  const given = givenAxes(call);
  const axes = given ? call.axes(given, shape.length) : shape.flatMap((size, i) => (size === 1 ? [i] : []));
  if (axes.some((axis) => shape[axis] !== 1))
    call.reject(`axes ${axes.join(', ')} of [${shape.join(', ')}] are not all 1`);
  const kept = shape.filter((_, i) => !axes.includes(i));
  return [reshape(call, call.input(0), kept)];
};

const unsqueeze: Convert = (call) => {
  const shape = [...call.shape(0)];
  const given = givenAxes(call) ?? call.reject('axes are missing');
  const axes = [...call.axes(given, shape.length + given.length)].sort((a, b) => a - b);
  for (const axis of axes) shape.splice(axis, 0, 1);
  return [reshape(call, call.input(0), shape)];
};

/** The value itself; other outputs, such as the mask of Dropout, must not be used. */
const same: Convert = (call) => {
  call.attributes.ignore('ratio', 'seed');
  if (call.node.outputs.slice(1).some((name) => call.scope.isUsed(name))) {
    rejectOperator('its second output is used, which is not supported');
  }
  return [call.input(0)];
};

const shapeOf: Convert = (call) => {
  const shape = call.shape(0);
  const start = call.attributes.integer('start', 0);
  const end = call.attributes.integer('end', shape.length);
  return [hostIntegers(shape.slice(start, end))];
};

/** Repeats nothing: broadcasting happens where the value is used, so only copies of the same shape are possible. */
const expand: Convert = (call) => {
  const shape = call.shape(0);
  const target = call.integers(1, 'the target shape') ?? [];
  const grown = target.some((size, i) => size !== 1 && size !== shape[i - target.length + shape.length]);
  if (grown) rejectOperator('repeats elements when the model runs, which is not supported');
  const rank = Math.max(shape.length, target.length);
  return [reshape(call, call.input(0), [...new Array<number>(rank - shape.length).fill(1), ...shape])];
};

/** [N, C, H, W] cut into blocks, the pieces permuted and joined again. */
function rearrange(
  call: Call,
  cut: readonly number[],
  permutation: readonly number[],
  shape: readonly number[],
): Value {
  const pieces = reshape(call, call.input(0), cut, '.pieces');
  const transpose = { permutation };
  const ordered = call.move(
    pieces,
    'transpose',
    transpose,
    () => rejectOperator('its input is constant'),
    '.ordered',
  );
  return reshape(call, ordered, shape);
}

const depthToSpace: Convert = (call) => {
  const [batch = 1, channels = 1, height = 1, width = 1] = call.shape(0);
  const block = call.attributes.integer('blocksize', 1);
  const depth = channels / block ** 2;
  if (call.shape(0).length !== 4 || !(block >= 1) || !Number.isInteger(depth))
    call.reject('blocks do not fit the channels');
  const shape = [batch, depth, height * block, width * block];
  return call.attributes.text('mode', 'DCR') === 'CRD'
    ? [rearrange(call, [batch, depth, block, block, height, width], [0, 1, 4, 2, 5, 3], shape)]
    : [rearrange(call, [batch, block, block, depth, height, width], [0, 3, 4, 1, 5, 2], shape)];
};

const spaceToDepth: Convert = (call) => {
  const [batch = 1, channels = 1, height = 1, width = 1] = call.shape(0);
  const block = call.attributes.integer('blocksize', 1);
  const [rows, columns] = [height / block, width / block];
  if (call.shape(0).length !== 4 || !Number.isInteger(rows) || !Number.isInteger(columns)) {
    call.reject('blocks do not fit height and width');
  }
  const shape = [batch, channels * block ** 2, rows, columns];
  return [rearrange(call, [batch, channels, rows, block, columns, block], [0, 3, 5, 1, 2, 4], shape)];
};

export const reshaping: Readonly<Record<string, Convert>> = {
  DepthToSpace: depthToSpace,
  Dropout: same,
  Expand: expand,
  Flatten: flatten,
  Identity: same,
  Reshape: toTarget,
  Shape: shapeOf,
  Size: (call) => [hostIntegers([elementCount(call.shape(0))], [])],
  SpaceToDepth: spaceToDepth,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
};
