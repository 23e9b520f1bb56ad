import { elementCount } from '../../../graph/tensor.js';
import type { Call, Convert } from '../call.js';
import { rejectOperator } from '../unsupported.js';

const batchNorm: Convert = (call) => {
  const epsilon = call.attributes.float('epsilon', 1e-5);
  call.attributes.ignore('momentum');
  if (call.attributes.integer('training_mode', 0) !== 0) {
    rejectOperator('is in training mode: export the model after eval()');
  }
  return [
    call.emit(
      'batchNorm',
      call.inputs().map((value, i) => call.float(value, i)),
      { epsilon },
    ),
  ];
};

/** Before opset 13 the axes from `axis` on count as one. */
function flattenedSoftmax(call: Call, op: 'softmax' | 'logSoftmax', axis: number): ReturnType<Convert> {
  const shape = call.shape(0);
  const rows = elementCount(shape.slice(0, axis));
  const flat = call.emit(
    'reshape',
    [call.float(call.input(0))],
    { shape: [rows, elementCount(shape) / rows] },
    '.flat',
  );
  const result = call.emit(op, [flat], { axis: 1 }, '.softmax');
  return [call.emit('reshape', [result], { shape })];
}

const softmax =
  (op: 'softmax' | 'logSoftmax'): Convert =>
  (call) => {
    const rank = call.shape(0).length;
    const axis = call.axis(call.attributes.integer('axis', call.opset < 13 ? 1 : -1), rank);
    if (call.opset < 13 && axis !== rank - 1) return flattenedSoftmax(call, op, axis);
    return [call.emit(op, [call.float(call.input(0))], { axis })];
  };

const layerNorm: Convert = (call) => {
  const shape = call.shape(0);
  const axis = call.axis(call.attributes.integer('axis', -1), shape.length);
  const epsilon = call.attributes.float('epsilon', 1e-5);
  call.attributes.ignore('stash_type');
  const bias = call.optional(2);
  const operands = [call.float(call.input(0)), call.float(call.input(1), 1)];
  if (bias) operands.push(call.float(bias, 2));
  return [call.emit('layerNorm', operands, { axis, epsilon })];
};

/** Layer normalization of a sum: of a value, what skips the layers before, and their bias. */
const skipLayerNorm: Convert = (call) => {
  const axis = call.shape(0).length - 1;
  const epsilon = call.attributes.float('epsilon', 1e-12);
  const [x, skip, scale] = [0, 1, 2].map((i) => call.float(call.input(i), i));
  const [bias, own] = [call.optional(3), call.optional(4)];
  if (!x || !skip || !scale) return call.reject('takes a value, another one and a scale');
  const sum = call.emit('add', [x, skip], {}, '.skip');
  const whole = own ? call.emit('add', [sum, call.float(own, 4)], {}, '.sum') : sum;
  const operands = bias ? [whole, scale, call.float(bias, 3)] : [whole, scale];
  return [call.emit('layerNorm', operands, { axis, epsilon })];
};

/** Operators of com.microsoft. */
export const microsoftNormalization: Readonly<Record<string, Convert>> = {
  SkipLayerNormalization: skipLayerNorm,
};

export const normalization: Readonly<Record<string, Convert>> = {
  BatchNormalization: batchNorm,
  LayerNormalization: layerNorm,
  LogSoftmax: softmax('logSoftmax'),
  Softmax: softmax('softmax'),
};
