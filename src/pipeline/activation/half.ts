import { floatFromHalf, greatestHalf, halfFromFloatBits } from '../../format/half.js';
import { rejectInput } from '../check.js';

/** f16 values, little-endian. Throws `invalid-input` for what f16 cannot hold. */
export function writeHalves(values: Float32Array, view: DataView): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (!(Math.abs(value) <= greatestHalf)) {
      rejectInput(`values[${i}]`, `${value} is beyond f16: send this cut as f32`);
    }
    view.setUint16(2 * i, halfFromFloatBits(bits[i] ?? 0), true);
  }
}

export function readHalves(view: DataView, values: Float32Array): void {
  for (let i = 0; i < values.length; i++) values[i] = floatFromHalf(view.getUint16(2 * i, true));
}
