import { clip as clipOperation } from '../../../graph/ops/clip.js';
import { relu as reluOperation } from '../../../graph/ops/relu.js';
import type { NodeFor, UnaryNode } from '../../../graph/ops/table.js';
import type { Quantization } from '../../../graph/tensor.js';
import { lookupTable } from '../../../graph/unary.js';
import type { Call, Convert } from '../call.js';
import { rejectOperator } from '../unsupported.js';
import type { GraphValue, Value } from '../values.js';

type UnaryName = UnaryNode['op'];

/** Whether the clamp of a quantized value leaves all of its 256 integers as they are. */
function leavesAll(
  op: 'relu' | 'clip',
  attributes: NodeFor<'clip'>['attributes'],
  quantization: Quantization,
): boolean {
  const node = { name: '', inputs: [], outputs: [] };
  const apply =
    op === 'relu'
      ? reluOperation.functionOf({ ...node, op, attributes: {} })
      : clipOperation.functionOf({ ...node, op, attributes });
  return lookupTable(apply, quantization, quantization).every((value, i) => value === i);
}

const sameAsInput = (integers: GraphValue, quantization: Quantization): boolean =>
  integers.type.quantization?.scale === quantization.scale &&
  integers.type.quantization.zeroPoint === quantization.zeroPoint;

/** A function of one number: a table of 256 entries where input and output are quantized. */
export function unary<Op extends UnaryName>(
  call: Call,
  op: Op,
  attributes: NodeFor<Op>['attributes'],
  value: Value,
): Value {
  const type = call.ahead();
  if (value.kind !== 'real' || !type) return call.emit(op, [call.float(value)], attributes);
  return { kind: 'real', integers: call.emitIntegers(op, [value.integers], attributes, type) };
}

/** A clamp, which quantized values can pass through untouched. */
function clamp(call: Call, op: 'relu' | 'clip', attributes: NodeFor<'clip'>['attributes']): Value {
  const value = call.input(0);
  const own = value.kind === 'real' ? value.integers : undefined;
  const ahead = call.ahead();
  const type =
    ahead ??
    (own?.type.quantization && op === 'relu'
      ? { quantization: own.type.quantization, signed: own.signed }
      : undefined);
  if (!own || !type)
    return op === 'relu'
      ? call.emit(op, [call.float(value)], {})
      : call.emit(op, [call.float(value)], attributes);
  if (sameAsInput(own, type.quantization) && leavesAll(op, attributes, type.quantization)) return value;
  const integers =
    op === 'relu' ? call.emitIntegers(op, [own], {}, type) : call.emitIntegers(op, [own], attributes, type);
  return { kind: 'real', integers };
}

type PlainName =
  | 'sigmoid'
  | 'tanh'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'abs'
  | 'negate'
  | 'hardSwish'
  | 'silu'
  | 'erf';

const plain =
  (op: PlainName): Convert =>
  (call) => [unary<PlainName>(call, op, {}, call.input(0))];

const unbounded = { minimum: null, maximum: null };

const finiteOrNull = (bound: number | undefined): number | null =>
  bound !== undefined && Math.abs(bound) < 3.4e38 ? bound : null;

const clip: Convert = (call) => {
  const minimum = finiteOrNull(call.number(1, 'the lower bound'));
  const maximum = finiteOrNull(call.number(2, 'the upper bound'));
  return [clamp(call, 'clip', { minimum, maximum })];
};

const prelu: Convert = (call) => {
  const slope = call.host(1, 'the slope');
  if (slope.data.length !== 1) rejectOperator('a slope for each channel is not supported');
  return [unary(call, 'leakyRelu', { slope: slope.data[0] ?? 0 }, call.input(0))];
};

const gelu: Convert = (call) => {
  const approximate = call.attributes.text('approximate', 'none') === 'tanh' ? 'tanh' : 'none';
  return [unary(call, 'gelu', { approximate }, call.input(0))];
};

/** x * sigmoid(alpha * x). */
const swish: Convert = (call) => {
  if (call.attributes.float('alpha', 1) !== 1) rejectOperator('alpha must be 1');
  return [unary(call, 'silu', {}, call.input(0))];
};

export const unaryOperators: Readonly<Record<string, Convert>> = {
  Abs: plain('abs'),
  Clip: clip,
  Erf: plain('erf'),
  Exp: plain('exp'),
  Gelu: gelu,
  HardSigmoid: (call) => {
    const attributes = {
      alpha: call.attributes.float('alpha', 0.2),
      beta: call.attributes.float('beta', 0.5),
    };
    return [unary(call, 'hardSigmoid', attributes, call.input(0))];
  },
  HardSwish: plain('hardSwish'),
  LeakyRelu: (call) => [
    unary(call, 'leakyRelu', { slope: call.attributes.float('alpha', 0.01) }, call.input(0)),
  ],
  Log: plain('log'),
  Neg: plain('negate'),
  PRelu: prelu,
  Relu: (call) => [clamp(call, 'relu', unbounded)],
  Sigmoid: plain('sigmoid'),
  Sqrt: plain('sqrt'),
  Swish: swish,
  Tanh: plain('tanh'),
};

/** GELU of a value plus a bias along its last axis. */
const biasedGelu =
  (approximate: 'none' | 'tanh'): Convert =>
  (call) => {
    const bias = call.optional(1);
    const x = call.input(0);
    const sum = bias ? call.emit('add', [call.float(x), call.float(bias, 1)], {}, '.sum') : x;
    return [unary(call, 'gelu', { approximate }, sum)];
  };

/** Operators of com.microsoft. */
export const microsoftUnary: Readonly<Record<string, Convert>> = {
  BiasGelu: biasedGelu('none'),
  FastGelu: biasedGelu('tanh'),
  Gelu: (call) => [unary(call, 'gelu', { approximate: 'none' }, call.input(0))],
  QuickGelu: (call) => {
    if (Math.abs(call.attributes.float('alpha', 1.702) - 1) > 1e-6) rejectOperator('alpha must be 1');
    return [unary(call, 'silu', {}, call.input(0))];
  },
};
