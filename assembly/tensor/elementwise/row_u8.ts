import { bound, highFloats, lowFloats, narrow, requantize, roundingFrom, zeroPointOffset } from '../../quantization';
import { storeBytes } from '../../store';
import { IntegerBinaryParameters, Operation } from './broadcast';

@inline
function operand(pointer: usize, stride: i32): v128 {
  return stride ? v128.load(pointer) : v128.load8_splat(pointer);
}

/** `x * m + y * n`, or `x * y * m`: the products of u8 differences are exact in f32. */
@inline
function combine(product: bool, x: v128, y: v128, m: v128, n: v128): v128 {
  return product ? f32x4.mul(f32x4.mul(x, y), m) : f32x4.add(f32x4.mul(x, m), f32x4.mul(y, n));
}

/** One piece of an innermost row. Elements beyond its end are read and dropped. */
export function integerRow(
  p: IntegerBinaryParameters, a: usize, b: usize, output: usize, count: i32, operation: Operation,
): void {
  const general = <u32>p.aStride4 > 1 || <u32>p.bStride4 > 1;
  // With other strides than 0 and 1, elements go one by one, as repeated ones.
  const aStride = general ? 0 : p.aStride4;
  const bStride = general ? 0 : p.bStride4;
  const step = general ? 1 : 16;
  const aStep = general ? p.aStride4 : aStride << 4;
  const bStep = general ? p.bStride4 : bStride << 4;
  const product = operation == Operation.Multiply;
  const m = f32x4.splat(p.aMultiplier);
  const n = f32x4.splat(operation == Operation.Subtract ? -p.bMultiplier : p.bMultiplier);
  const aZero = i16x8.splat(<i16>p.aZeroPoint);
  const bZero = i16x8.splat(<i16>p.bZeroPoint);
  const low = bound(p.minimum, p.zeroPoint);
  const high = bound(p.maximum, p.zeroPoint);
  const offset = zeroPointOffset(p.zeroPoint);
  const rounding = roundingFrom(offset, p.zeroPoint);
  for (; count > 0; count -= step, a += aStep, b += bStep, output += step) {
    const x = operand(a, aStride);
    const y = operand(b, bStride);
    const x0 = i16x8.sub(i16x8.extend_low_i8x16_u(x), aZero);
    const x1 = i16x8.sub(i16x8.extend_high_i8x16_u(x), aZero);
    const y0 = i16x8.sub(i16x8.extend_low_i8x16_u(y), bZero);
    const y1 = i16x8.sub(i16x8.extend_high_i8x16_u(y), bZero);
    const result = narrow(
      requantize(combine(product, lowFloats(x0), lowFloats(y0), m, n), low, high, rounding, offset),
      requantize(combine(product, highFloats(x0), highFloats(y0), m, n), low, high, rounding, offset),
      requantize(combine(product, lowFloats(x1), lowFloats(y1), m, n), low, high, rounding, offset),
      requantize(combine(product, highFloats(x1), highFloats(y1), m, n), low, high, rounding, offset),
    );
    storeBytes(output, result, min(step, count));
  }
}
