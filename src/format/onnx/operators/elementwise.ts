import type { OperationName } from '../../../graph/ops/table.js';
import type { Call, Convert } from '../call.js';
import type { QuantizedType } from '../scope.js';
import { rejectOperator } from '../unsupported.js';
import type { GraphValue, Value } from '../values.js';

/** Operations of two operands that also exist on integers. */
const integerOperations = ['add', 'subtract', 'multiply'] as const;
type IntegerOperation = (typeof integerOperations)[number];

type RealOperation = Extract<OperationName, 'divide' | 'minimum' | 'maximum' | 'power'>;

/**
 * The integers of an operand: those behind an activation, or a constant that is quantized for the whole tensor,
 * which the graph quantizes when it runs.
 */
export function integerOperand(call: Call, value: Value, index: number): GraphValue | undefined {
  if (value.kind === 'real') return value.integers;
  if (value.kind !== 'weight' || value.weight.scales.length !== 1) return undefined;
  const { data, scales, zeroPoints } = value.weight;
  if (data instanceof Int32Array) return undefined;
  const shift = data instanceof Int8Array ? 128 : 0;
  const quantization = { scale: scales[0] ?? 1, zeroPoint: (zeroPoints[0] ?? 0) + shift };
  const real = call.float(value, index);
  return call.draft.emit('quantize', call.hint(`.constant${index}`), [real.name], {}, { quantization });
}

function integers(
  call: Call,
  op: IntegerOperation,
  values: readonly [Value, Value],
  type: QuantizedType | undefined,
): GraphValue | undefined {
  const isReal = values.some(({ kind }) => kind === 'real');
  if (!type || !isReal || !values.every(({ kind }) => kind === 'real' || kind === 'weight')) return undefined;
  const a = integerOperand(call, values[0], 0);
  const b = integerOperand(call, values[1], 1);
  return a && b ? call.emitIntegers(op, [a, b], {}, type) : undefined;
}

const binary =
  (op: IntegerOperation | RealOperation): Convert =>
  (call) => {
    const [a, b] = [call.input(0), call.input(1)];
    const integerOp = integerOperations.find((known) => known === op);
    const quantized = integerOp && integers(call, integerOp, [a, b], call.ahead());
    if (quantized) return [{ kind: 'real', integers: quantized }];
    return [call.emit(op, [call.float(a, 0), call.float(b, 1)], {})];
  };

/** An operator of any number of operands, two at a time. */
const many =
  (op: 'add' | 'minimum' | 'maximum'): Convert =>
  (call) => {
    const values = call.inputs();
    if (values.length === 0) return call.reject('has no inputs');
    if (values.length === 1) return values;
    if (values.length === 2) return binary(op)(call);
    const last = values.length - 1;
    const total = values.reduce((sum, value, i) => {
      const operands = [call.float(sum), call.float(value, i)];
      return call.emit(op, operands, {}, i === last ? '' : `.${i}`);
    });
    return [total];
  };

const mean: Convert = (call) => {
  const [total] = many('add')(call);
  if (!total) return call.reject('has no inputs');
  const factor = call.number32('factor', 1 / call.node.inputs.length);
  return [call.emit('multiply', [call.float(total), factor], {}, '.mean')];
};

const reciprocal: Convert = (call) => [
  call.emit('divide', [call.number32('one', 1), call.float(call.input(0))], {}),
];

const power: Convert = (call) => {
  const exponent = call.input(1);
  if (exponent.kind === 'host' && exponent.tensor.type !== 'f32') {
    const { data, shape } = exponent.tensor;
    const operand = call.constant('exponent', { dtype: 'f32', shape, data: Float32Array.from(data) });
    return [call.emit('power', [call.float(call.input(0)), operand], {})];
  }
  return binary('power')(call);
};

const cast: Convert = (call) => {
  const to = call.attributes.integer('to', 0);
  call.attributes.ignore('saturate', 'round_mode');
  const value = call.input(0);
  const isFloat = to === 1 || to === 10 || to === 11;
  if (value.kind === 'graph' && value.type.dtype === 'u8' && isFloat) {
    const quantization = value.type.quantization;
    if (quantization?.scale === 1 && quantization.zeroPoint === 0) return [{ kind: 'real', integers: value }];
  }
  const isReal = value.kind === 'real' || (value.kind === 'graph' && value.type.dtype === 'f32');
  if (!isFloat || !isReal)
    rejectOperator('casts values that are computed when the model runs to another type');
  return [value];
};

export const elementwise: Readonly<Record<string, Convert>> = {
  Add: binary('add'),
  Cast: cast,
  Div: binary('divide'),
  Max: many('maximum'),
  Mean: mean,
  Min: many('minimum'),
  Mul: binary('multiply'),
  Pow: power,
  Reciprocal: reciprocal,
  Sub: binary('subtract'),
  Sum: many('add'),
};
