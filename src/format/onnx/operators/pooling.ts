import type { OperationName } from '../../../graph/ops/table.js';
import type { Call, Convert } from '../call.js';
import { rejectOperator } from '../unsupported.js';
import type { Value } from '../values.js';
import { readWindow, requireImage } from './windows.js';

function readKernel(call: Call): readonly number[] {
  requireImage(call);
  const kernel = call.attributes.integers('kernel_shape');
  if (kernel?.length !== 2) call.reject('kernel_shape must have two entries');
  return kernel;
}

function refuseSecondOutput(call: Call, what: string): void {
  if (call.node.outputs.slice(1).some((name) => call.scope.isUsed(name))) {
    rejectOperator(`its output of ${what} is used, which is not supported`);
  }
}

const maxPool: Convert = (call) => {
  const kernel = readKernel(call);
  const window = readWindow(call, kernel);
  const roundUp = call.attributes.integer('ceil_mode', 0) !== 0;
  call.attributes.ignore('storage_order');
  refuseSecondOutput(call, 'indices');
  return [pooled(call, 'maxPool', { kernel, ...window, roundUp })];
};

interface MaxPoolAttributes {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly roundUp: boolean;
}

/** Greatest elements of integers stay integers of the same quantization. */
function pooled(call: Call, op: 'maxPool', attributes: MaxPoolAttributes): Value {
  const value = call.input(0);
  if (value.kind === 'real')
    return { kind: 'real', integers: call.emitIntegers(op, [value.integers], attributes) };
  if (value.kind === 'graph' && value.type.dtype === 'u8') return call.emitIntegers(op, [value], attributes);
  return call.emit(op, [call.float(value)], attributes);
}

const averagePool: Convert = (call) => {
  const kernel = readKernel(call);
  const { strides, pads, dilations } = readWindow(call, kernel);
  if (dilations.some((dilation) => dilation !== 1)) rejectOperator('dilations are not supported');
  const roundUp = call.attributes.integer('ceil_mode', 0) !== 0;
  const countPadding = call.attributes.integer('count_include_pad', 0) !== 0;
  return [computed(call, 'averagePool', { kernel, strides, pads, countPadding, roundUp })];
};

/** A mean: integers where the input is quantized and the output is about to be. */
export function computed<Op extends Extract<OperationName, 'averagePool' | 'globalAveragePool'>>(
  call: Call,
  op: Op,
  attributes: Parameters<typeof call.emit<Op>>[2],
): Value {
  const value = call.input(0);
  const type = call.ahead();
  if (value.kind !== 'real' || !type) return call.emit(op, [call.float(value)], attributes);
  return { kind: 'real', integers: call.emitIntegers(op, [value.integers], attributes, type) };
}

const globalAveragePool: Convert = (call) => {
  requireImage(call);
  return [computed(call, 'globalAveragePool', {})];
};

const globalMaxPool: Convert = (call) => {
  const [, , height = 1, width = 1] = requireImage(call);
  const fixed = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], roundUp: false };
  return [pooled(call, 'maxPool', { kernel: [height, width], ...fixed })];
};

export const pooling: Readonly<Record<string, Convert>> = {
  AveragePool: averagePool,
  GlobalAveragePool: globalAveragePool,
  GlobalMaxPool: globalMaxPool,
  MaxPool: maxPool,
};
