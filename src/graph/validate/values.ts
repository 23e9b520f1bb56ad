import { SpikeletError } from '../../error.js';
import { largestRank, largestSize } from '../attributes.js';
import {
  type Constant,
  type DataType,
  elementCount,
  formatShape,
  type Quantization,
  type TensorType,
  type WeightQuantization,
} from '../tensor.js';

export function reject(where: string, message: string): never {
  throw new SpikeletError('invalid-model', message, { where });
}

/** Least scale whose reciprocal is a finite f32. */
const leastScale = 2 ** -126;

export function checkQuantization(where: string, { scale, zeroPoint }: Quantization): void {
  if (!(scale >= leastScale && Math.fround(scale) === scale && scale < Number.POSITIVE_INFINITY)) {
    reject(where, `quantization scale must be a positive, normal, finite f32, got ${scale}`);
  }
  if (!(Number.isInteger(zeroPoint) && zeroPoint >= 0 && zeroPoint <= 255)) {
    reject(where, `quantization zero point must be an integer from 0 to 255, got ${zeroPoint}`);
  }
}

export function checkShape(where: string, shape: readonly number[]): void {
  if (!Array.isArray(shape) || shape.length > largestRank) {
    reject(where, `a shape must be a list of at most ${largestRank} sizes`);
  }
  if (!shape.every((size) => Number.isInteger(size) && size >= 1 && size <= largestSize)) {
    reject(where, `sizes must be integers from 1 to ${largestSize}, got ${formatShape(shape)}`);
  }
  if (elementCount(shape) > largestSize) {
    reject(where, `${formatShape(shape)} has more than ${largestSize} elements`);
  }
}

/** Checks the type of a value that is computed or fed in: f32, or u8 with its quantization. */
export function checkType(where: string, { dtype, shape, quantization }: TensorType): void {
  checkShape(where, shape);
  if (dtype !== 'f32' && dtype !== 'u8') reject(where, `must be f32 or u8, got ${dtype}`);
  if (dtype === 'f32' && quantization) reject(where, 'an f32 value has no quantization');
  if (dtype === 'u8' && !quantization) reject(where, 'a u8 value needs a quantization');
  if (quantization) checkQuantization(where, quantization);
}

const arrayTypes = { f32: Float32Array, u8: Uint8Array, i8: Int8Array, i32: Int32Array } as const;

function checkWeightQuantization(
  where: string,
  { shape, data }: Constant,
  { bits, scales, axis }: WeightQuantization,
): void {
  if (!(Number.isInteger(bits) && bits >= 2 && bits <= 8)) {
    reject(where, `weights have 2 to 8 bits, got ${bits}`);
  }
  if (!(scales instanceof Float32Array) || !Number.isInteger(axis) || shape[axis] !== scales.length) {
    reject(where, `needs one f32 scale for each of ${formatShape(shape)} along axis ${axis}`);
  }
  const bad = scales.findIndex((scale) => !(scale > 0 && scale < Number.POSITIVE_INFINITY));
  if (bad >= 0) reject(where, `scale ${bad} must be positive and finite, got ${scales[bad]}`);
  const wide = bits < 8 && data instanceof Int8Array ? firstBeyond(data, 2 ** (bits - 1)) : -1;
  if (wide >= 0) reject(where, `weight ${wide} is ${data[wide]}, which does not fit in ${bits} bits`);
}

/** Index of the first weight outside [-limit, limit), -1 if there is none. */
function firstBeyond(data: Int8Array, limit: number): number {
  for (let i = 0; i < data.length; i++) {
    const shifted = (data[i] as number) + limit;
    if (shifted < 0 || shifted >= 2 * limit) return i;
  }
  return -1;
}

function firstNotANumber(data: Float32Array): number {
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (Number.isNaN(value)) return i;
  }
  return -1;
}

export function checkConstant(name: string, constant: Constant): void {
  const where = `constant '${name}'`;
  const { dtype, shape, data, quantization } = constant;
  if (!Object.hasOwn(arrayTypes, dtype)) reject(where, `unknown element type '${dtype as string}'`);
  checkShape(where, shape);
  const expected = arrayTypes[dtype satisfies DataType];
  if (!(data instanceof expected) || data.length !== elementCount(shape)) {
    reject(
      where,
      `data must be a ${expected.name} of ${elementCount(shape)} elements for ${formatShape(shape)}`,
    );
  }
  if (quantization) {
    if (dtype !== 'i8') reject(where, `only i8 weights are quantized, not ${dtype}`);
    checkWeightQuantization(where, constant, quantization);
  }
  const bad = data instanceof Float32Array ? firstNotANumber(data) : -1;
  if (bad >= 0) reject(where, `element ${bad} is not a number`);
}
