import type { Call, Convert } from '../call.js';
import type { Value } from '../values.js';

type Reduction = 'reduceMean' | 'reduceSum' | 'reduceMax' | 'reduceMin';

/** Axes from the input of newer operator versions or the attribute of older ones; all where none are given. */
function readAxes(call: Call, rank: number): readonly number[] {
  const given = call.attributes.integers('axes') ?? call.integers(1, 'axes') ?? [];
  const keepAll = call.attributes.integer('noop_with_empty_axes', 0) !== 0;
  if (given.length === 0) return keepAll ? [] : Array.from({ length: rank }, (_, i) => i);
  return [...call.axes(given, rank)].sort((a, b) => a - b);
}

/** The mean over height and width of NCHW, which has an integer form. */
function spatialMean(call: Call, value: Value, keepDimensions: boolean): Value {
  const type = call.ahead();
  const suffix = keepDimensions ? '' : '.mean';
  const pooled: Value =
    value.kind === 'real' && type
      ? { kind: 'real', integers: call.emitIntegers('globalAveragePool', [value.integers], {}, type, suffix) }
      : call.emit('globalAveragePool', [call.float(value)], {}, suffix);
  if (keepDimensions) return pooled;
  const shape = call.shape(0).slice(0, 2);
  return call.move(pooled, 'reshape', { shape }, (tensor) => tensor);
}

const reduce =
  (op: Reduction): Convert =>
  (call) => {
    const shape = call.shape(0);
    const axes = readAxes(call, shape.length);
    const keepDimensions = call.attributes.integer('keepdims', 1) !== 0;
    const value = call.input(0);
    if (axes.length === 0) return [value];
    if (op === 'reduceMean' && shape.length === 4 && axes.join() === '2,3') {
      return [spatialMean(call, value, keepDimensions)];
    }
    return [call.emit(op, [call.float(value)], { axes, keepDimensions })];
  };

export const reduction: Readonly<Record<string, Convert>> = {
  ReduceMax: reduce('reduceMax'),
  ReduceMean: reduce('reduceMean'),
  ReduceMin: reduce('reduceMin'),
  ReduceSum: reduce('reduceSum'),
};
