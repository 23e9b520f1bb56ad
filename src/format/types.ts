import { largestSize } from '../graph/attributes.js';
import type { Quantization, TensorType } from '../graph/tensor.js';
import { asArray, asChoice, asInteger, asNumber, asObject, field, rejectModel } from './json.js';

const greatestRank = 8;

/** Elements that one value of a model may have. */
const greatestElements = 2 ** 31;

/** A shape from untrusted JSON: at most 8 dimensions, each at least 1, the product bounded. */
export function asShape(value: unknown, where: string): readonly number[] {
  const shape = asArray(value, where).map((d, i) => asInteger(d, 1, largestSize, `${where}[${i}]`));
  if (shape.length > greatestRank)
    rejectModel(where, `has ${shape.length} dimensions, at most ${greatestRank}`);
  const count = shape.reduce((n, d) => n * d, 1);
  if (count > greatestElements) rejectModel(where, `has ${count} elements, at most ${greatestElements}`);
  return shape;
}

/** Scale and zero point of a u8 value. */
export function asQuantization(value: unknown, where: string): Quantization {
  const object = asObject(value, where, ['scale', 'zeroPoint']);
  const scale = Math.fround(asNumber(field(object, 'scale'), `${where} scale`));
  if (!(scale > 0 && scale < Number.POSITIVE_INFINITY))
    rejectModel(where, `scale is ${scale}, must be positive`);
  return { scale, zeroPoint: asInteger(field(object, 'zeroPoint'), 0, 255, `${where} zeroPoint`) };
}

/** Type of a graph input; `u8` needs a quantization and nothing else has one. */
export function asTensorType(
  dtypeValue: unknown,
  shapeValue: unknown,
  quantizationValue: unknown,
  where: string,
): TensorType {
  const dtype = asChoice(dtypeValue, ['f32', 'u8', 'i8', 'i32'], `${where} dtype`);
  const shape = asShape(shapeValue, `${where} shape`);
  if (quantizationValue === undefined) {
    return dtype === 'u8' ? rejectModel(where, 'a u8 input needs a quantization') : { dtype, shape };
  }
  if (dtype !== 'u8') rejectModel(where, `a quantization belongs to u8, not to ${dtype}`);
  return { dtype, shape, quantization: asQuantization(quantizationValue, `${where} quantization`) };
}
