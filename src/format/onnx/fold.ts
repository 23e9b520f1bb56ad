import { largestSize } from '../../graph/attributes.js';
import { roundHalfEven } from '../../graph/quantized.js';
import type { Call } from './call.js';
import { broadcastTo, commonShape } from './host-moves.js';
import { elementName, type HostTensor, type HostType, hostTypeOf, readHostTensor } from './host-tensor.js';
import { rejectOperator } from './unsupported.js';

/** Computes an operator at import. */
type Fold = (call: Call, inputs: readonly HostTensor[]) => HostTensor;

/** A number as an element of the type holds it. */
function toType(value: number, type: HostType): number {
  if (type === 'f32') return value;
  if (type === 'bool') return value === 0 ? 0 : 1;
  return Number.isNaN(value) ? 0 : Math.trunc(value);
}

function elementwise(
  resultType: (inputs: readonly HostTensor[]) => HostType,
  apply: (...values: readonly number[]) => number,
): Fold {
  return (call, inputs) => {
    const shape = commonShape(
      call,
      inputs.map((input) => input.shape),
    );
    const operands = inputs.map((input) => broadcastTo(call, input, shape).data);
    const type = resultType(inputs);
    const out = call.draft.hostTensor(type, shape);
    for (let i = 0; i < out.data.length; i++) {
      out.data[i] = toType(apply(...operands.map((data) => data[i] ?? 0)), type);
    }
    return out;
  };
}

const firstType = (inputs: readonly HostTensor[]): HostType => inputs[0]?.type ?? 'f32';
const lastType = (inputs: readonly HostTensor[]): HostType => inputs.at(-1)?.type ?? 'f32';
const truth = (): HostType => 'bool';

const arithmetic = (apply: (...values: readonly number[]) => number): Fold => elementwise(firstType, apply);
const comparison = (apply: (...values: readonly number[]) => boolean): Fold =>
  elementwise(truth, (...values) => (apply(...values) ? 1 : 0));

const cast: Fold = (call, inputs) => {
  const number = call.attributes.integer('to', 0);
  call.attributes.ignore('saturate', 'round_mode');
  const type = hostTypeOf(number);
  if (!type) rejectOperator(`casts to ${elementName(number)}, which is not supported`);
  return elementwise(
    () => type,
    (value = 0) => value,
  )(call, inputs);
};

const range: Fold = (call, inputs) => {
  const [start = 0, limit = 0, delta = 1] = inputs.map((input) => input.data[0] ?? 0);
  const count = Math.max(0, Math.ceil((limit - start) / delta));
  if (!(count <= largestSize)) call.reject('range is endless');
  const out = call.draft.hostTensor(firstType(inputs), [count]);
  for (let i = 0; i < count; i++) out.data[i] = start + i * delta;
  return out;
};

/** Sizes from a tensor of integers. */
function sizesOf(call: Call, tensor: HostTensor | undefined): readonly number[] {
  const sizes = Array.from(tensor?.data ?? []);
  if (sizes.some((size) => !Number.isInteger(size) || size < 0 || size > largestSize)) {
    call.reject(`[${sizes.slice(0, 8).join(', ')}] is no shape`);
  }
  return sizes;
}

const constantOfShape: Fold = (call, [shape]) => {
  const message = call.attributes.tensor('value');
  const value = message ? readHostTensor(message) : undefined;
  const out = call.draft.hostTensor(value?.type ?? 'f32', sizesOf(call, shape));
  out.data.fill(value?.data[0] ?? 0);
  return out;
};

const expand: Fold = (call, [x, shape]) => {
  if (!x) return call.reject('input 0 is missing');
  return broadcastTo(call, x, commonShape(call, [x.shape, sizesOf(call, shape)]));
};

const product: Fold = (call, [x]) => {
  const axes =
    call.integers(1, 'axes') ?? call.attributes.integers('axes') ?? x?.shape.map((_, i) => i) ?? [];
  const rank = x?.shape.length ?? 0;
  if (axes.length !== rank) rejectOperator('is only supported over all axes');
  const shape = call.attributes.integer('keepdims', 1) ? new Array<number>(rank).fill(1) : [];
  call.attributes.ignore('noop_with_empty_axes');
  const out = call.draft.hostTensor(x?.type ?? 'f32', shape);
  out.data[0] = Array.from(x?.data ?? []).reduce((a, b) => a * b, 1);
  return out;
};

/**
 * Operators that are computed at import when all their inputs are known, besides those that only move elements: what
 * exporters make of shapes.
 */
export const folds: Readonly<Record<string, Fold>> = {
  Abs: arithmetic((a = 0) => Math.abs(a)),
  Add: arithmetic((a = 0, b = 0) => a + b),
  And: comparison((a, b) => a !== 0 && b !== 0),
  Cast: cast,
  Ceil: arithmetic((a = 0) => Math.ceil(a)),
  ConstantOfShape: constantOfShape,
  Div: (call, inputs) => {
    const whole = firstType(inputs) !== 'f32';
    if (whole && inputs[1]?.data.some((value: number) => value === 0))
      call.reject('divides integers by zero');
    return arithmetic((a = 0, b = 1) => a / b)(call, inputs);
  },
  Equal: comparison((a, b) => a === b),
  Expand: expand,
  Floor: arithmetic((a = 0) => Math.floor(a)),
  Greater: comparison((a = 0, b = 0) => a > b),
  GreaterOrEqual: comparison((a = 0, b = 0) => a >= b),
  Less: comparison((a = 0, b = 0) => a < b),
  LessOrEqual: comparison((a = 0, b = 0) => a <= b),
  Max: arithmetic((...values) => Math.max(...values)),
  Min: arithmetic((...values) => Math.min(...values)),
  Mul: arithmetic((a = 0, b = 0) => a * b),
  Neg: arithmetic((a = 0) => -a),
  Not: comparison((a) => a === 0),
  Or: comparison((a, b) => a !== 0 || b !== 0),
  Pow: arithmetic((a = 0, b = 0) => a ** b),
  Range: range,
  ReduceProd: product,
  Round: arithmetic((a = 0) => roundHalfEven(a)),
  Sqrt: arithmetic((a = 0) => Math.sqrt(a)),
  Sub: arithmetic((a = 0, b = 0) => a - b),
  Where: elementwise(lastType, (condition, a = 0, b = 0) => (condition ? a : b)),
};
