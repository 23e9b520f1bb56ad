import { bound, narrow, requantize, roundingFrom, zeroPointOffset } from '../../quantization';
import { storeBytes } from '../../store';
import { SPAN, spanEnd } from '../spans';

@unmanaged
class QuantizeParameters {
  input: usize;
  output: usize;
  elements: i32;
  inverseScale: f32;
  zeroPoint: i32;
}

@unmanaged
class QuantizePlanesParameters {
  input: usize;
  output: usize;
  channels: i32;
  pixels: i32;
  inverseScale: f32;
  zeroPoint: i32;
}

/** Pixels of a work unit of u8_quantize_planes. */
@inline
const BLOCK: i32 = 64;

/** Four f32 as i32 in 0..255. */
@inline
function quantize(pointer: usize, inverseScale: v128, low: v128, high: v128, rounding: v128, offset: v128): v128 {
  const scaled = f32x4.mul(v128.load(pointer), inverseScale);
  // NaN becomes 0, and so the zero point.
  return requantize(v128.and(scaled, f32x4.eq(scaled, scaled)), low, high, rounding, offset);
}

/** Sixteen f32 as u8. */
@inline
function quantize16(pointer: usize, inverseScale: v128, low: v128, high: v128, rounding: v128, offset: v128): v128 {
  return narrow(
    quantize(pointer, inverseScale, low, high, rounding, offset),
    quantize(pointer + 16, inverseScale, low, high, rounding, offset),
    quantize(pointer + 32, inverseScale, low, high, rounding, offset),
    quantize(pointer + 48, inverseScale, low, high, rounding, offset),
  );
}

/**
 * f32 to u8. A unit is 1024 adjacent elements.
 *
 *     for i in 0..elements:
 *       output[i] = clamp(roundHalfEven(f32(input[i] * inverseScale)) + zeroPoint, 0, 255), NaN: zeroPoint
 */
export function u8_quantize(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<QuantizeParameters>(parameters);
  const inverseScale = f32x4.splat(p.inverseScale);
  const low = bound(0, p.zeroPoint);
  const high = bound(255, p.zeroPoint);
  const offset = zeroPointOffset(p.zeroPoint);
  const rounding = roundingFrom(offset, p.zeroPoint);
  let input = p.input + ((begin * SPAN) << 2);
  let output = p.output + begin * SPAN;
  const stop = p.output + spanEnd(end, p.elements);
  for (; output + 16 <= stop; input += 64, output += 16) {
    v128.store(output, quantize16(input, inverseScale, low, high, rounding, offset));
  }
  for (; output < stop; input += 16, output += 4) {
    const value = quantize(input, inverseScale, low, high, rounding, offset);
    storeBytes(output, narrow(value, value, value, value), min(4, <i32>(stop - output)));
  }
}

/** Stores 16 bytes `stride` apart. */
@inline
function scatter16(output: usize, stride: usize, value: v128): void {
  v128.store8_lane(output, value, 0);
  v128.store8_lane((output += stride), value, 1);
  v128.store8_lane((output += stride), value, 2);
  v128.store8_lane((output += stride), value, 3);
  v128.store8_lane((output += stride), value, 4);
  v128.store8_lane((output += stride), value, 5);
  v128.store8_lane((output += stride), value, 6);
  v128.store8_lane((output += stride), value, 7);
  v128.store8_lane((output += stride), value, 8);
  v128.store8_lane((output += stride), value, 9);
  v128.store8_lane((output += stride), value, 10);
  v128.store8_lane((output += stride), value, 11);
  v128.store8_lane((output += stride), value, 12);
  v128.store8_lane((output += stride), value, 13);
  v128.store8_lane((output += stride), value, 14);
  v128.store8_lane((output += stride), value, 15);
}

/**
 * f32 [images, channels, pixels] to u8 [images, pixels, channels], rounded like {@link u8_quantize}. A unit is 64
 * adjacent pixels of one image, fewer at its end.
 *
 *     for image, pixel, channel:
 *       output[image, pixel, channel] = quantize(input[image, channel, pixel])
 */
export function u8_quantize_planes(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<QuantizePlanesParameters>(parameters);
  const pixels = p.pixels;
  const channels = p.channels;
  const inverseScale = f32x4.splat(p.inverseScale);
  const low = bound(0, p.zeroPoint);
  const high = bound(255, p.zeroPoint);
  const offset = zeroPointOffset(p.zeroPoint);
  const rounding = roundingFrom(offset, p.zeroPoint);
  const blocks = (pixels + BLOCK - 1) / BLOCK;
  for (let unit = begin; unit < end; unit++) {
    const image = unit / blocks;
    const first = (unit - image * blocks) * BLOCK;
    const last = min(first + BLOCK, pixels);
    for (let channel = 0; channel < channels; channel++) {
      let input = p.input + (((image * channels + channel) * pixels + first) << 2);
      let output = p.output + (image * pixels + first) * channels + channel;
      let pixel = first;
      for (; pixel + 16 <= last; pixel += 16, input += 64, output += channels << 4) {
        scatter16(output, channels, quantize16(input, inverseScale, low, high, rounding, offset));
      }
      for (; pixel < last; pixel++, input += 4, output += channels) {
        v128.store8_lane(output, quantize(input, inverseScale, low, high, rounding, offset), 0);
      }
    }
  }
}
