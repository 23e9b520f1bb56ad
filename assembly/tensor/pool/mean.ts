import { bound, narrow, requantize, roundingFrom, zeroPointOffset } from '../../quantization';
import { storeBytes, storeWords } from '../../store';
import { IntegerAveragePoolParameters } from './window';

/** Taps whose u8 sum fits in 16 bits. */
@inline
const TAPS_IN_16_BITS: i32 = 257;

/** Mean of rows x columns vectors of f32; overlapping vectors cover the last channels. */
export function floatMean(
  origin: usize, rows: i32, columns: i32, rowStep: i32, columnStep: i32, count: i32, output: usize, channels: i32,
): void {
  const divisor = f32x4.splat(<f32>max(count, 1));
  for (let c = 0; c < channels; c += 4) {
    if (c + 4 > channels && channels >= 4) c = channels - 4;
    let sum = f32x4.splat(0);
    for (let row = 0; row < rows; row++) {
      let tap = origin + (c << 2) + row * rowStep;
      for (let column = columns; column > 0; column--, tap += columnStep) sum = f32x4.add(sum, v128.load(tap));
    }
    storeWords(output + (c << 2), f32x4.div(sum, divisor), channels - c);
  }
}

/** Requantizes 16 sums of u8 differences. */
@inline
function storeMeans(
  p: IntegerAveragePoolParameters, count: i32, output: usize, remaining: i32,
  sum0: v128, sum1: v128, sum2: v128, sum3: v128,
): void {
  const multiplier = v128.load32_splat(p.multipliers + (count << 2));
  const low = bound(p.minimum, p.zeroPoint);
  const high = bound(p.maximum, p.zeroPoint);
  const offset = zeroPointOffset(p.zeroPoint);
  const rounding = roundingFrom(offset, p.zeroPoint);
  const result = narrow(
    requantize(f32x4.mul(f32x4.convert_i32x4_s(sum0), multiplier), low, high, rounding, offset),
    requantize(f32x4.mul(f32x4.convert_i32x4_s(sum1), multiplier), low, high, rounding, offset),
    requantize(f32x4.mul(f32x4.convert_i32x4_s(sum2), multiplier), low, high, rounding, offset),
    requantize(f32x4.mul(f32x4.convert_i32x4_s(sum3), multiplier), low, high, rounding, offset),
  );
  storeBytes(output, result, remaining);
}

/** Requantized mean of rows x columns vectors of u8: summed in 16 bits, moved to 32 before they can overflow. */
export function integerMean(
  origin: usize, rows: i32, columns: i32, rowStep: i32, columnStep: i32, count: i32, output: usize,
  p: IntegerAveragePoolParameters,
): void {
  const channels = p.channels;
  const start = i32x4.splat(-max(0, rows) * max(0, columns) * p.inputZeroPoint);
  for (let c = 0; c < channels; c += 16) {
    if (c + 16 > channels && channels >= 16) c = channels - 16;
    let sum0 = start, sum1 = start, sum2 = start, sum3 = start;
    for (let row = 0; row < rows; row++) {
      let tap = origin + c + row * rowStep;
      for (let left = columns; left > 0; left -= TAPS_IN_16_BITS) {
        let short0 = i32x4.splat(0), short1 = short0;
        for (let taps = min(left, TAPS_IN_16_BITS); taps > 0; taps--, tap += columnStep) {
          const value = v128.load(tap);
          short0 = i16x8.add(short0, i16x8.extend_low_i8x16_u(value));
          short1 = i16x8.add(short1, i16x8.extend_high_i8x16_u(value));
        }
        sum0 = i32x4.add(sum0, i32x4.extend_low_i16x8_u(short0));
        sum1 = i32x4.add(sum1, i32x4.extend_high_i16x8_u(short0));
        sum2 = i32x4.add(sum2, i32x4.extend_low_i16x8_u(short1));
        sum3 = i32x4.add(sum3, i32x4.extend_high_i16x8_u(short1));
      }
    }
    storeMeans(p, count, output + c, channels - c, sum0, sum1, sum2, sum3);
  }
}
