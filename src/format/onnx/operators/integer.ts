import { sameQuantization } from '../../../graph/moving.js';
import type { NodeFor } from '../../../graph/ops/table.js';
import type { Call, Convert } from '../call.js';
import type { QuantizedType } from '../scope.js';
import { rejectOperator } from '../unsupported.js';
import type { GraphValue, QuantizedTensor, Value } from '../values.js';
import { type IntegerWeight, integerBias, integerWeight, isPerOutput } from '../weights.js';
import { imagesOf, kernelsOf, outputOf, readConvolution } from './convolution.js';
import { integerOperand } from './elementwise.js';
import { quantizedMatrix } from './matrix.js';
import { requantized } from './movement.js';
import { readWindow, requireImage } from './windows.js';

/** Integers of an input whose scale and zero point are the two inputs after it. */
function integersAt(call: Call, index: number): GraphValue {
  const value = call.input(index);
  if (value.kind === 'host') return constantIntegers(call, index);
  if (value.kind !== 'graph' || !value.type.quantization) call.reject(`input ${index} must be uint8 or int8`);
  const { quantization } = call.quantizedType(index + 1, index + 2, value.signed);
  if (!sameQuantization(value.type.quantization, quantization)) {
    const { scale, zeroPoint } = value.type.quantization;
    rejectOperator(
      `reads integers of scale ${scale} and zero point ${zeroPoint} as scale ${quantization.scale} and ${quantization.zeroPoint}`,
    );
  }
  return value;
}

function constantIntegers(call: Call, index: number): GraphValue {
  const value: Value = { kind: 'weight', weight: weightAt(call, index, 0) };
  return (
    integerOperand(call, value, index) ??
    rejectOperator(`input ${index} must have one scale for the whole tensor`)
  );
}

/** A constant weight whose scale and zero point are the two inputs after it. */
function weightAt(call: Call, index: number, axis: number): QuantizedTensor {
  const { shape, data } = call.host(index, 'the weight');
  const scales = call.host(index + 1, 'the scale of the weight').data;
  const zeroPoints = call.has(index + 2) ? Array.from(call.host(index + 2, 'the zero point').data) : [];
  if (!(data instanceof Int8Array || data instanceof Uint8Array) || !(scales instanceof Float32Array)) {
    call.reject('the weight must be int8 or uint8 with float scales');
  }
  if (scales.length !== 1 && scales.length !== shape[axis])
    call.reject('the scales of the weight do not fit its shape');
  if (zeroPoints.length > 1 && zeroPoints.length !== scales.length)
    call.reject('zero points and scales differ in number');
  const zeros = Array.from(scales, (_, i) => zeroPoints[zeroPoints.length === 1 ? 0 : i] ?? 0);
  return { shape, data, scales, zeroPoints: zeros, axis };
}

/** The int32 bias of an integer operator, whose scale is input scale times weight scale. */
function biasAt(call: Call, index: number, x: GraphValue, weight: IntegerWeight): readonly string[] {
  if (!call.has(index)) return [];
  const { shape, data } = call.host(index, 'the bias');
  if (!(data instanceof Int32Array)) call.reject('the bias must be int32');
  const scaleIn = x.type.quantization?.scale ?? 1;
  const scales = weight.scales.map((scale) => scaleIn * scale);
  const value: Value = {
    kind: 'weight',
    weight: { shape, data, scales, zeroPoints: new Array<number>(scales.length).fill(0), axis: 0 },
  };
  const bias = integerBias(call, value, scaleIn, weight);
  return [(bias ?? rejectOperator('its bias does not fit the output channels or overflows 32 bits')).name];
}

function checkedWeight(call: Call, weight: QuantizedTensor, index: number): IntegerWeight {
  if (!isPerOutput(weight))
    rejectOperator('scales of the weight must be positive, one or one for each output channel');
  return integerWeight(call, weight, call.node.inputs[index] || 'weight');
}

const qLinearConv: Convert = (call) => {
  const attributes = readConvolution(call, 3);
  const x = integersAt(call, 0);
  const weight = checkedWeight(call, kernelsOf(weightAt(call, 3, 0)), 3);
  const type = call.quantizedType(6, 7, x.signed);
  const bias = biasAt(call, 8, x, weight);
  const images = imagesOf(call, x);
  const name = images.kind === 'graph' ? images.name : call.reject('input 0 must be uint8 or int8');
  const inputs = [name, weight.operand.name, ...bias];
  const convolve = (suffix: string): Value =>
    call.draft.emit('conv', call.hint(suffix), inputs, attributes, type);
  return [outputOf(call, x.type.shape.length, convolve)];
};

const qLinearMatMul: Convert = (call) => {
  const x = integersAt(call, 0);
  const weight = checkedWeight(call, quantizedMatrix(call, weightAt(call, 3, 1), false), 3);
  const type = call.quantizedType(6, 7, x.signed);
  return [call.draft.emit('linear', call.hint(), [x.name, weight.operand.name], {}, type)];
};

const qGemm: Convert = (call) => {
  const { attributes } = call;
  if (attributes.float('alpha', 1) !== 1) rejectOperator('alpha must be 1');
  if (attributes.integer('transA', 0) !== 0) rejectOperator('transA is not supported');
  const isTransposed = attributes.integer('transB', 0) !== 0;
  const x = integersAt(call, 0);
  const matrix = quantizedMatrix(call, weightAt(call, 3, isTransposed ? 0 : 1), isTransposed);
  const weight = checkedWeight(call, matrix, 3);
  const type = call.has(7)
    ? call.quantizedType(7, 8, x.signed)
    : rejectOperator('needs the scale of its output');
  const inputs = [x.name, weight.operand.name, ...biasAt(call, 6, x, weight)];
  return [call.draft.emit('linear', call.hint(), inputs, {}, type)];
};

const binary =
  (op: 'add' | 'multiply'): Convert =>
  (call) => {
    const operands = [integersAt(call, 0), integersAt(call, 3)];
    const signed = operands.some((operand) => operand.signed);
    return [call.emitIntegers(op, operands, {}, call.quantizedType(6, 7, signed))];
  };

function refuseChannelsLast(call: Call): void {
  if (call.attributes.integer('channels_last', 0) !== 0) rejectOperator('channels_last is not supported');
}

const globalAveragePool: Convert = (call) => {
  refuseChannelsLast(call);
  requireImage(call);
  const x = integersAt(call, 0);
  return [call.emitIntegers('globalAveragePool', [x], {}, call.quantizedType(3, 4, x.signed))];
};

const averagePool: Convert = (call) => {
  refuseChannelsLast(call);
  requireImage(call);
  const kernel = call.attributes.integers('kernel_shape') ?? call.reject('kernel_shape is missing');
  const { strides, pads } = readWindow(call, kernel);
  const x = integersAt(call, 0);
  const attributes = {
    kernel,
    strides,
    pads,
    countPadding: call.attributes.integer('count_include_pad', 0) !== 0,
    roundUp: call.attributes.integer('ceil_mode', 0) !== 0,
  };
  return [call.emitIntegers('averagePool', [x], attributes, call.quantizedType(3, 4, x.signed))];
};

const table =
  <Op extends 'leakyRelu' | 'sigmoid'>(op: Op, read: (call: Call) => NodeFor<Op>['attributes']): Convert =>
  (call) => {
    const x = integersAt(call, 0);
    return [call.emitIntegers(op, [x], read(call), call.quantizedType(3, 4, x.signed))];
  };

const concat: Convert = (call) => {
  const type: QuantizedType = call.quantizedType(0, 1);
  const inputs: GraphValue[] = [];
  for (let i = 2; i < call.node.inputs.length; i += 3) {
    inputs.push(requantized(call, integersAt(call, i), type, `.input${i}`));
  }
  const axis = call.axis(call.attributes.integer('axis', 1), call.shape(2).length);
  return [{ ...call.emitIntegers('concat', inputs, { axis }), signed: type.signed }];
};

/** Operators of ONNX on integers. */
export const integerOperators: Readonly<Record<string, Convert>> = {
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
};

/** Operators of com.microsoft on integers, as onnxruntime's quantizer writes them. */
export const microsoftIntegers: Readonly<Record<string, Convert>> = {
  QGemm: qGemm,
  QLinearAdd: binary('add'),
  QLinearAveragePool: averagePool,
  QLinearConcat: concat,
  QLinearGlobalAveragePool: globalAveragePool,
  QLinearLeakyRelu: table('leakyRelu', (call) => ({ slope: call.attributes.float('alpha', 0.01) })),
  QLinearMul: binary('multiply'),
  QLinearSigmoid: table('sigmoid', () => ({})),
};
