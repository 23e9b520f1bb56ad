import { sameQuantization } from '../../../graph/moving.js';
import { roundHalfEven } from '../../../graph/quantized.js';
import type { Call, Convert } from '../call.js';
import type { HostTensor } from '../host-tensor.js';
import { rejectOperator } from '../unsupported.js';
import { host, type QuantizedTensor, scaleIndex, type Value } from '../values.js';
import { requantized } from './movement.js';

/** Scales and zero points of constant integers: one, or one for each index along an axis. */
function readScales(
  call: Call,
  shape: readonly number[],
): Pick<QuantizedTensor, 'scales' | 'zeroPoints' | 'axis'> {
  const scale = call.host(1, 'the scale');
  const zeroPoint = call.has(2) ? call.host(2, 'the zero point') : undefined;
  if (!(scale.data instanceof Float32Array) || scale.shape.length > 1)
    call.reject('scales must be floats along one axis');
  const count = scale.data.length;
  const axis = count === 1 ? 0 : call.axis(call.attributes.integer('axis', 1), shape.length);
  call.attributes.ignore('axis');
  if ((count !== 1 && count !== shape[axis]) || (zeroPoint && zeroPoint.data.length !== count)) {
    call.reject(`${count} scales do not fit axis ${axis} of [${shape.join(', ')}]`);
  }
  const zeroPoints = zeroPoint ? Array.from(zeroPoint.data) : new Array<number>(count).fill(0);
  return { scales: scale.data, zeroPoints, axis };
}

function refuseBlocks(call: Call): void {
  if (call.attributes.integer('block_size', 0) !== 0) rejectOperator('blocked quantization is not supported');
  call.attributes.ignore('saturate', 'precision');
}

function constantIntegers(call: Call, { shape, data }: HostTensor): QuantizedTensor {
  const isInteger = data instanceof Int8Array || data instanceof Uint8Array || data instanceof Int32Array;
  if (!isInteger) call.reject('takes int8, uint8 or int32 constants');
  return { shape, data, ...readScales(call, shape) };
}

const dequantizeLinear: Convert = (call) => {
  refuseBlocks(call);
  const value = call.input(0);
  if (value.kind === 'host') return [{ kind: 'weight', weight: constantIntegers(call, value.tensor) }];
  call.attributes.ignore('axis', 'output_dtype');
  if (value.kind !== 'graph') return call.reject('takes integers, its input is float');
  const { quantization } = call.quantizedType(1, 2, value.signed);
  const own = value.type.quantization;
  if (!own) return call.reject('takes integers, its input is float');
  if (!sameQuantization(own, quantization)) {
    rejectOperator(
      `reads integers of scale ${own.scale} and zero point ${own.zeroPoint} as scale ${quantization.scale} and ${quantization.zeroPoint}`,
    );
  }
  return [{ kind: 'real', integers: value }];
};

/** QuantizeLinear of a constant, such as a weight that was trained with fake quantization. */
function quantizedConstant(call: Call, tensor: HostTensor): Value {
  const { scales, zeroPoints, axis } = readScales(call, tensor.shape);
  const type = call.has(2) ? call.host(2, 'the zero point').type : 'u8';
  if (type !== 'i8' && type !== 'u8')
    rejectOperator(`quantizes to ${type}, only uint8 and int8 are supported`);
  const [least, greatest] = type === 'i8' ? [-128, 127] : [0, 255];
  const out = call.draft.hostTensor(type, tensor.shape);
  const scaleAt = scaleIndex({ shape: tensor.shape, data: new Int8Array(0), scales, zeroPoints, axis });
  for (let i = 0; i < out.data.length; i++) {
    const channel = scaleAt(i);
    const steps = roundHalfEven(Math.fround((tensor.data[i] ?? 0) / (scales[channel] ?? 1)));
    out.data[i] = Math.max(least, Math.min(steps + (zeroPoints[channel] ?? 0), greatest));
  }
  return host(out);
}

const quantizeLinear: Convert = (call) => {
  refuseBlocks(call);
  call.attributes.ignore('output_dtype');
  const value = call.input(0);
  if (value.kind === 'host') return [quantizedConstant(call, value.tensor)];
  call.attributes.ignore('axis');
  const type = call.quantizedType(1, 2);
  if (value.kind === 'real') return [requantized(call, value.integers, type)];
  return [call.draft.emit('quantize', call.hint(), [call.float(value).name], {}, type)];
};

export const quantization: Readonly<Record<string, Convert>> = {
  DequantizeLinear: dequantizeLinear,
  QuantizeLinear: quantizeLinear,
};
