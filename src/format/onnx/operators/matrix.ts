import { elementCount, formatShape } from '../../../graph/tensor.js';
import type { Call, Convert } from '../call.js';
import type { Operand } from '../draft.js';
import type { HostTensor } from '../host-tensor.js';
import { type GraphValue, host, type QuantizedTensor, type Value, valueShape } from '../values.js';
import { integerBias, integersOf, integerWeight, isPerOutput, transposedWeight } from '../weights.js';

/** A constant matrix [rows, columns] as [columns, rows]. */
function transposed(call: Call, { type, shape, data }: HostTensor): HostTensor {
  const [rows = 1, columns = 1] = shape;
  const out = call.draft.hostTensor(type, [columns, rows]);
  data.forEach((value, i) => {
    out.data[(i % columns) * rows + Math.floor(i / columns)] = value;
  });
  return out;
}

/** A constant matrix as the weight [out, in] of `linear`. */
function linearWeight(call: Call, value: Value, isTransposed: boolean): Value {
  if (value.kind === 'host') return isTransposed ? value : host(transposed(call, value.tensor));
  if (value.kind !== 'weight' || isTransposed) return value;
  call.draft.charge(value.weight.data.length);
  return { kind: 'weight', weight: transposedWeight(value.weight) };
}

/** Every number times a factor. */
function scaled(call: Call, value: Value, factor: number): Value {
  if (factor === 1) return value;
  if (value.kind === 'weight') return { kind: 'weight', weight: scaledWeight(value.weight, factor) };
  if (value.kind !== 'host')
    return call.emit('multiply', [call.float(value), call.number32('factor', factor)], {}, '.scaled');
  const { type, shape, data } = value.tensor;
  const out = call.draft.hostTensor(type, shape);
  out.data.set(data.map((number) => number * factor));
  return host(out);
}

const scaledWeight = (weight: QuantizedTensor, factor: number): QuantizedTensor => ({
  ...weight,
  scales: weight.scales.map((scale) => scale * factor),
});

/** A constant bias as [out]: undefined where it is no vector along the output features. */
function biasVector(call: Call, bias: Value, features: number): Value | undefined {
  const shape = valueShape(bias) ?? [];
  const leading = shape.slice(0, -1);
  const last = shape.at(-1) ?? 1;
  if (leading.some((size) => size !== 1) || (last !== features && last !== 1)) return undefined;
  if (bias.kind === 'weight' && last === features) {
    const { weight } = bias;
    return weight.scales.length === 1 || weight.axis === shape.length - 1
      ? { kind: 'weight', weight: { ...weight, shape: [features], axis: 0 } }
      : undefined;
  }
  if (bias.kind !== 'host') return undefined;
  const out = call.draft.hostTensor(bias.tensor.type, [features]);
  for (let i = 0; i < features; i++) out.data[i] = bias.tensor.data[last === 1 ? 0 : i] ?? 0;
  return host(out);
}

/** The integer product, where input and weight are quantized and the output is about to be. */
function integerLinear(call: Call, x: Value, weight: Value, bias: Value | undefined): GraphValue | undefined {
  const integers = integersOf(x);
  const type = call.ahead();
  if (!integers?.type.quantization || !type || weight.kind !== 'weight' || !isPerOutput(weight.weight))
    return undefined;
  const w = integerWeight(call, weight.weight, call.node.inputs[1] || 'weight');
  const b = bias && integerBias(call, bias, integers.type.quantization.scale, w);
  if (bias && !b) return undefined;
  const operands = b ? [integers.name, w.operand.name, b.name] : [integers.name, w.operand.name];
  return call.draft.emit('linear', call.hint(), operands, {}, type);
}

function linear(call: Call, x: Value, weight: Value, bias: Value | undefined): Value {
  const integers = integerLinear(call, x, weight, bias);
  if (integers) return { kind: 'real', integers };
  const operands = [call.float(x, 0), call.float(weight, 1)];
  if (bias) operands.push(call.float(bias, 2));
  return call.emit('linear', operands, {});
}

const isConstant = (value: Value): boolean => value.kind === 'host' || value.kind === 'weight';

const flipped = (call: Call, value: Value, suffix: string): Value =>
  call.move(value, 'transpose', { permutation: [1, 0] }, (tensor) => transposed(call, tensor), suffix);

const gemm: Convert = (call) => {
  const { attributes } = call;
  const alpha = attributes.float('alpha', 1);
  const beta = attributes.float('beta', 1);
  const a = attributes.integer('transA', 0) ? flipped(call, call.input(0), '.a') : call.input(0);
  const isTransposed = attributes.integer('transB', 0) !== 0;
  const b = call.input(1);
  const ranks = [call.shape(0), call.shape(1)].map((shape) => shape.length);
  if (ranks.some((rank) => rank !== 2)) call.reject(`takes two matrices, got ranks ${formatShape(ranks)}`);
  const given = call.optional(2);
  const bias = given && scaled(call, given, beta);
  if (!isConstant(b)) {
    const right = isTransposed ? flipped(call, b, '.b') : b;
    const product = call.emit('matmul', [call.float(a, 0), call.float(right, 1)], {}, '.product');
    return [withTerm(call, scaled(call, product, alpha), bias)];
  }
  const weight = scaled(call, linearWeight(call, b, isTransposed), alpha);
  const features = valueShape(weight)?.[0] ?? 1;
  const vector = bias && biasVector(call, bias, features);
  if (!bias || vector) return [linear(call, a, weight, vector)];
  const operands: readonly Operand[] = [call.float(a, 0), call.float(weight, 1)];
  return [withTerm(call, call.emit('linear', operands, {}, '.product'), bias)];
};

function withTerm(call: Call, product: Value, term: Value | undefined): Value {
  return term ? call.emit('add', [call.float(product), call.float(term, 2)], {}) : product;
}

const matmul: Convert = (call) => {
  const a = call.input(0);
  const b = call.input(1);
  const rank = call.shape(1).length;
  if (isConstant(b) && rank === 2) return [linear(call, a, linearWeight(call, b, false), undefined)];
  return [call.emit('matmul', [call.float(a, 0), call.float(b, 1)], {})];
};

/** Rows and columns of QLinearMatMul and QGemm weights, ready for `linear`. */
export function quantizedMatrix(call: Call, weight: QuantizedTensor, isTransposed: boolean): QuantizedTensor {
  if (weight.shape.length !== 2)
    call.reject(`the weight must be a matrix, has shape ${formatShape(weight.shape)}`);
  call.draft.charge(elementCount(weight.shape));
  return isTransposed ? weight : transposedWeight(weight);
}

export const matrix: Readonly<Record<string, Convert>> = { Gemm: gemm, MatMul: matmul };
