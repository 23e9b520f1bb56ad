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

export const normalization: Readonly<Record<string, Convert>> = {
  BatchNormalization: batchNorm,
  LogSoftmax: softmax('logSoftmax'),
  Softmax: softmax('softmax'),
};
