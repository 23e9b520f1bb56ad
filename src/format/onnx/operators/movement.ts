import { sameQuantization, stridesOf } from '../../../graph/moving.js';
import { padFill } from '../../../graph/ops/pad.js';
import { sliceRanges } from '../../../graph/ops/slice.js';
import { dequantize } from '../../../graph/quantized.js';
import type { Call, Convert } from '../call.js';
import { gathered } from '../host-moves.js';
import type { HostTensor } from '../host-tensor.js';
import { type QuantizedType, sameType } from '../scope.js';
import { rejectOperator } from '../unsupported.js';
import { type GraphValue, host, type QuantizedTensor, type Value, valueShape } from '../values.js';
import { reshape } from './reshaping.js';

/** Offsets along each axis, for `count` indices from `start`, `step` apart. */
const steps = (start: number, step: number, count: number, stride: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => (start + i * step) * stride);

const transpose: Convert = (call) => {
  const shape = call.shape(0);
  const permutation = call.attributes.integers('perm') ?? shape.map((_, i) => shape.length - 1 - i);
  if (
    [...permutation].sort((a, b) => a - b).some((axis, i) => axis !== i) ||
    permutation.length !== shape.length
  ) {
    call.reject(`[${permutation.join(', ')}] is no permutation of ${shape.length} axes`);
  }
  const onHost = (tensor: HostTensor): HostTensor => {
    const strides = stridesOf(shape);
    return gathered(
      call,
      tensor,
      permutation.map((axis) => steps(0, 1, shape[axis] ?? 1, strides[axis] ?? 1)),
    );
  };
  const value = call.input(0);
  if (value.kind === 'weight')
    return [{ kind: 'weight', weight: transposedAxes(value.weight, permutation, onHost) }];
  return [call.move(value, 'transpose', { permutation }, onHost)];
};

function transposedAxes(
  weight: QuantizedTensor,
  permutation: readonly number[],
  onHost: (tensor: HostTensor) => HostTensor,
): QuantizedTensor {
  const type = weight.data instanceof Int8Array ? 'i8' : weight.data instanceof Uint8Array ? 'u8' : 'i32';
  const { shape, data } = onHost({ type, shape: weight.shape, data: weight.data });
  const isInteger = data instanceof Int8Array || data instanceof Uint8Array || data instanceof Int32Array;
  return { ...weight, shape, data: isInteger ? data : weight.data, axis: permutation.indexOf(weight.axis) };
}

/** Inputs of a join, all on one quantization: that of the output, if it is known, else their common one. */
function joinable(call: Call, values: readonly Value[]): readonly GraphValue[] | undefined {
  const integers = values.flatMap((value) => (value.kind === 'real' ? [value.integers] : []));
  const [first] = integers;
  if (!first || integers.length !== values.length) return undefined;
  const own = integers.map((value) => quantizedTypeOf(value));
  const isAlike = own.every((type) => type && own[0] && sameType(type, own[0]));
  const target = isAlike ? own[0] : call.ahead();
  return target && integers.map((value, i) => requantized(call, value, target, `.input${i}`));
}

const quantizedTypeOf = ({ type, signed }: GraphValue): QuantizedType | undefined =>
  type.quantization && { quantization: type.quantization, signed };

/** The integers in another quantization, by a table where it differs. */
export function requantized(call: Call, value: GraphValue, type: QuantizedType, suffix = ''): GraphValue {
  const own = value.type.quantization;
  if (own && sameQuantization(own, type.quantization)) return { ...value, signed: type.signed };
  return call.emitIntegers('requantize', [value], {}, type, suffix);
}

function joinedOnHost(call: Call, tensors: readonly HostTensor[], axis: number): HostTensor {
  const [first] = tensors;
  if (!first) call.reject('has no inputs');
  const size = tensors.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
  const shape = first.shape.map((own, i) => (i === axis ? size : own));
  if (tensors.some((tensor) => tensor.shape.some((own, i) => i !== axis && own !== first.shape[i]))) {
    call.reject('inputs do not fit together');
  }
  const out = call.draft.hostTensor(first.type, shape);
  const outer = shape.slice(0, axis).reduce((n, d) => n * d, 1);
  let written = 0;
  for (let i = 0; i < outer; i++) {
    for (const { data } of tensors) {
      const run = data.length / outer;
      out.data.set(data.subarray(i * run, (i + 1) * run), written);
      written += run;
    }
  }
  return out;
}

const concat: Convert = (call) => {
  const values = call.inputs();
  const axis = call.axis(call.attributes.integer('axis', 0), call.shape(0).length);
  if (values.some((value) => valueShape(value)?.length !== call.shape(0).length))
    call.reject('inputs differ in rank');
  const tensors = values.flatMap((value) => (value.kind === 'host' ? [value.tensor] : []));
  if (tensors.length === values.length) return [host(joinedOnHost(call, tensors, axis))];
  const integers = joinable(call, values);
  if (integers) return [{ kind: 'real', integers: call.emitIntegers('concat', integers, { axis }) }];
  const plain = values.flatMap((value) =>
    value.kind === 'graph' && value.type.dtype === 'u8' ? [value] : [],
  );
  if (plain.length === values.length) return [call.emitIntegers('concat', plain, { axis })];
  return [
    call.emit(
      'concat',
      values.map((value, i) => call.float(value, i)),
      { axis },
    ),
  ];
};

interface SliceAttributes {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly axes: readonly number[];
  readonly steps: readonly number[];
}

const furthest = 2 ** 31 - 1;
const near = (index: number): number => Math.max(-furthest, Math.min(index, furthest));

/** A part of a value. */
function sliced(call: Call, value: Value, attributes: SliceAttributes, suffix = ''): Value {
  return call.move(
    value,
    'slice',
    attributes,
    (tensor) => {
      const node = { op: 'slice', name: call.node.name, inputs: [], outputs: [], attributes } as const;
      const strides = stridesOf(tensor.shape);
      const ranges = sliceRanges(node, tensor.shape);
      return gathered(
        call,
        tensor,
        ranges.map(({ start, step, count }, i) => steps(start, step, count, strides[i] ?? 1)),
      );
    },
    suffix,
  );
}

const slice: Convert = (call) => {
  const rank = call.shape(0).length;
  const starts = call.integers(1, 'starts') ?? call.reject('starts are missing');
  const ends = call.integers(2, 'ends') ?? call.reject('ends are missing');
  const axes = call.axes(call.integers(3, 'axes') ?? starts.map((_, i) => i), rank);
  const by = call.integers(4, 'steps') ?? starts.map(() => 1);
  return [
    sliced(call, call.input(0), {
      starts: starts.map(near),
      ends: ends.map(near),
      axes,
      steps: by.map(near),
    }),
  ];
};

/** Sizes of the parts of Split: given, or as even as can be. */
function partSizes(call: Call, size: number): readonly number[] {
  const given = call.attributes.integers('split') ?? call.integers(1, 'the sizes');
  const count = call.attributes.integer('num_outputs', call.node.outputs.length);
  if (count !== call.node.outputs.length)
    call.reject(`has ${call.node.outputs.length} outputs, asks for ${count}`);
  const part = Math.ceil(size / count);
  const sizes = given ?? Array.from({ length: count }, (_, i) => Math.min(part, size - i * part));
  if (sizes.length !== count || sizes.some((s) => !(s > 0)) || sizes.reduce((a, b) => a + b, 0) !== size) {
    call.reject(`parts of ${sizes.join(', ')} do not make up ${size}`);
  }
  return sizes;
}

const split: Convert = (call) => {
  const shape = call.shape(0);
  const axis = call.axis(call.attributes.integer('axis', 0), shape.length);
  let start = 0;
  return partSizes(call, shape[axis] ?? 1).map((size, i) => {
    const range = { starts: [start], ends: [start + size], axes: [axis], steps: [1] };
    start += size;
    return sliced(call, call.input(0), range, `.part${i}`);
  });
};

/** Rows of a table by numbers that are known when the model runs, such as embeddings of tokens. */
function gatheredRows(call: Call, axis: number): Value {
  if (axis !== 0) rejectOperator('picks by computed numbers along another axis than the first');
  return call.emit('gather', [call.float(call.input(0)), call.float(call.input(1), 1)], {});
}

/** Gather on constants by any indices; on computed values by one index or a run of them; rows by computed numbers. */
const gather: Convert = (call) => {
  const shape = call.shape(0);
  const axis = call.axis(call.attributes.integer('axis', 0), shape.length);
  if (call.input(1).kind === 'graph') return [gatheredRows(call, axis)];
  const size = shape[axis] ?? 1;
  const indices = (call.integers(1, 'indices') ?? []).map((i) => (i < 0 ? i + size : i));
  if (indices.some((i) => i < 0 || i >= size))
    call.reject(`an index is outside axis ${axis} of [${shape.join(', ')}]`);
  const result = [...shape.slice(0, axis), ...call.shape(1), ...shape.slice(axis + 1)];
  const value = call.input(0);
  const strides = stridesOf(shape);
  if (value.kind === 'host') {
    const offsets = shape.map((d, i) =>
      i === axis ? indices.map((index) => index * (strides[i] ?? 1)) : steps(0, 1, d, strides[i] ?? 1),
    );
    return [host({ ...gathered(call, value.tensor, offsets), shape: result })];
  }
  const [first = 0] = indices;
  if (indices.length === 0 || indices.some((index, i) => index !== first + i)) {
    rejectOperator('picks scattered elements of a value that is computed when the model runs');
  }
  const range = { starts: [first], ends: [first + indices.length], axes: [axis], steps: [1] };
  const isReshaped = call.shape(1).length !== 1;
  const part = sliced(call, value, range, isReshaped ? '.part' : '');
  return [isReshaped ? reshape(call, part, result) : part];
};

/** Pads of every axis, where `axes` of newer versions name some of them. */
function allPads(call: Call, rank: number): readonly number[] {
  const given = call.integers(1, 'pads') ?? call.attributes.integers('pads') ?? [];
  const axes = call.axes(call.integers(3, 'axes') ?? Array.from({ length: rank }, (_, i) => i), rank);
  if (given.length !== 2 * axes.length) call.reject(`pads must have ${2 * axes.length} entries`);
  const pads = new Array<number>(2 * rank).fill(0);
  axes.forEach((axis, i) => {
    pads[axis] = given[i] ?? 0;
    pads[axis + rank] = given[i + axes.length] ?? 0;
  });
  return pads;
}

const pad: Convert = (call) => {
  const pads = allPads(call, call.shape(0).length);
  if (pads.some((size) => size < 0)) rejectOperator('negative pads are not supported: use Slice');
  const given = call.attributes.text('mode', 'constant');
  const mode = (['constant', 'edge', 'reflect'] as const).find((known) => known === given);
  if (!mode) rejectOperator(`mode '${given}' is not supported`);
  const x = call.input(0);
  const attributes = { pads, mode, value: fillValue(call, x) };
  const exact = x.kind !== 'real' || mode !== 'constant' || isExact(attributes.value, x.integers);
  const source: Value = exact ? x : { kind: 'graph', ...call.float(x), signed: false };
  if (source.kind === 'host' || source.kind === 'weight')
    return [call.emit('pad', [call.float(source)], attributes)];
  return [call.move(source, 'pad', attributes, (tensor) => tensor)];
};

/** The number to fill with; where ONNX pads integers, the real number that its integer stands for. */
function fillValue(call: Call, x: Value): number {
  const value = call.number(2, 'the fill value') ?? 0;
  const quantization = x.kind === 'graph' ? x.type.quantization : undefined;
  if (x.kind !== 'graph' || !quantization) return value;
  return dequantize(value + (x.signed ? 128 : 0), quantization);
}

/** Whether a fill value is one of the numbers that the integers stand for. */
function isExact(value: number, { type }: GraphValue): boolean {
  if (!type.quantization) return false;
  const node = {
    op: 'pad',
    name: '',
    inputs: [],
    outputs: [],
    attributes: { pads: [], mode: 'constant', value },
  } as const;
  return dequantize(padFill(node, type), type.quantization) === Math.fround(value);
}

export const movement: Readonly<Record<string, Convert>> = {
  Concat: concat,
  Gather: gather,
  Pad: pad,
  Slice: slice,
  Split: split,
  Transpose: transpose,
};
