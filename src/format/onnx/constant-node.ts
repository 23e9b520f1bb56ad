import type { Call } from './call.js';
import { type HostTensor, readHostTensor } from './host-tensor.js';
import { rejectOperator } from './unsupported.js';

/** The tensor that a Constant node holds, in whichever attribute. */
export function constantTensor({ attributes }: Call): HostTensor {
  const message = attributes.tensor('value');
  if (message) return readHostTensor(message);
  const floats = attributes.has('value_float')
    ? [attributes.float('value_float', 0)]
    : attributes.floats('value_floats');
  if (floats) {
    const shape = attributes.has('value_float') ? [] : [floats.length];
    return { type: 'f32', shape, data: Float32Array.from(floats) };
  }
  const integers = attributes.has('value_int')
    ? [attributes.integer('value_int', 0)]
    : attributes.integers('value_ints');
  if (integers) {
    const shape = attributes.has('value_int') ? [] : [integers.length];
    return { type: 'i64', shape, data: Float64Array.from(integers) };
  }
  return rejectOperator('holds a string or a sparse tensor, which is not supported');
}
