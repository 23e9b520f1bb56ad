import { elementCount } from '../../graph/tensor.js';
import type { Call } from './call.js';
import type { Operand } from './draft.js';
import { rejectOperator } from './unsupported.js';
import type { GraphValue, QuantizedTensor, Value } from './values.js';

/** Sums of products stay below this when a bias is added: the rest of an int32 accumulator. */
const largestAccumulator = 2 ** 31 - 1;

/** Signed weights whose zero point is 0; uint8 ones around 128 are shifted there. */
function symmetricIntegers({ data, zeroPoints }: QuantizedTensor): Int8Array {
  if (data instanceof Int8Array && zeroPoints.every((zero) => zero === 0)) return data;
  if (data instanceof Uint8Array && zeroPoints.every((zero) => zero === 128)) {
    return Int8Array.from(data, (value) => value - 128);
  }
  const zero = zeroPoints.find((value) => value !== (data instanceof Uint8Array ? 128 : 0)) ?? 0;
  return rejectOperator(
    `weights have zero point ${zero}: only symmetric ones are supported (int8 with zero point 0, uint8 with 128), so quantize weights symmetrically`,
  );
}

/** Weights [rows, columns] as [columns, rows], scales along. */
export function transposedWeight(weight: QuantizedTensor): QuantizedTensor {
  const [rows = 1, columns = 1] = weight.shape;
  const data = weight.data.slice();
  weight.data.forEach((value, i) => {
    data[(i % columns) * rows + Math.floor(i / columns)] = value;
  });
  return { ...weight, shape: [columns, rows], data, axis: 1 - weight.axis };
}

/** Integer weights for an operation, and the scale of each output channel. */
export interface IntegerWeight {
  readonly operand: Operand;
  readonly scales: Float32Array;
}

/** Whether the scales fit the integer forms: one, or one for each output channel (axis 0), all of them normal. */
export const isPerOutput = ({ scales, axis }: QuantizedTensor): boolean =>
  (scales.length === 1 || axis === 0) &&
  scales.every((scale) => scale >= 2 ** -126 && scale < Number.POSITIVE_INFINITY);

/** A constant with one scale for each output channel. Refuses weights that are not symmetric. */
export function integerWeight(call: Call, weight: QuantizedTensor, hint: string): IntegerWeight {
  const channels = weight.shape[0] ?? 1;
  const scales =
    weight.scales.length === channels
      ? weight.scales
      : new Float32Array(channels).fill(weight.scales[0] ?? 1);
  const data = symmetricIntegers(weight);
  const operand = call.draft.constant(weight, hint, () => ({
    dtype: 'i8',
    shape: weight.shape,
    data,
    quantization: { bits: 8, scales, axis: 0 },
  }));
  return { operand, scales };
}

/** Real number of each bias, in doubles so that int32 ones are exact. */
function realBias(value: Value): Float64Array | undefined {
  if (value.kind === 'host') return Float64Array.from(value.tensor.data);
  if (value.kind !== 'weight') return undefined;
  const { data, scales, zeroPoints } = value.weight;
  return Float64Array.from(data, (integer, i) => {
    const channel = scales.length === 1 ? 0 : i;
    return (integer - (zeroPoints[channel] ?? 0)) * (scales[channel] ?? 0);
  });
}

/**
 * The bias as int32 at `scaleIn * scales[channel]`; undefined where it does not fit beside the products, or is not
 * constant.
 */
export function integerBias(
  call: Call,
  bias: Value,
  scaleIn: number,
  { operand, scales }: IntegerWeight,
): Operand | undefined {
  const real = realBias(bias);
  if (!real || real.length !== scales.length) return undefined;
  const products = elementCount(operand.type.shape.slice(1)) * 128 * 255;
  const data = Int32Array.from(real, (value, i) =>
    clampToInt32(Math.round(value / (scaleIn * (scales[i] ?? 1)))),
  );
  if (data.some((value) => Math.abs(value) + products > largestAccumulator)) return undefined;
  return call.constant('bias', { dtype: 'i32', shape: [data.length], data });
}

const clampToInt32 = (value: number): number =>
  Math.max(-largestAccumulator, Math.min(value, largestAccumulator));

/** The quantized integers behind an activation, if it is quantized. */
export const integersOf = (value: Value): GraphValue | undefined =>
  value.kind === 'real' ? value.integers : undefined;
