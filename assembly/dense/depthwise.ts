import { ConvolutionParameters, FloatConvolutionParameters } from './parameters';
import { fma, storeFloatPixel } from './finish_f32';
import { bound, requantized, roundOffset, storePixel, storeSum } from './requantize';
import { dot } from './weights';

/** Taps that are multiplied together; weights of taps that do not exist are zero. */
const GROUP = 4;

/** Bytes of the weights of 8 channels in a group of taps. */
const GROUP_BYTES: usize = 32;

/** Where tap `index` of a pixel's patch lies, from channel `channel` on. */
@inline
function tap(p: ConvolutionParameters, patch: usize, index: usize): usize {
  return patch + load<u32>(p.segmentOffsets + (index << 2));
}

/** Bytes a, b of channels 0..7 side by side: a0 b0 a1 b1 ... */
@inline
function interleaveBytes(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

/** 16-bit lanes of the lower halves side by side. */
@inline
function interleaveLow(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

/** 16-bit lanes of the upper halves side by side. */
@inline
function interleaveHigh(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/**
 * Depthwise convolution: every channel has a kernel of its own. Parameters as u8i8_conv_6x8, but a segment is one
 * tap, and `run` is not used.
 *
 *     for each pixel of the unit's block, each channel c of its 8:
 *       acc = bias[c]
 *       for t < segments: acc += input[pixelOffsets[pixel] + segmentOffsets[t] + c] * weight[c][t]
 *       requantize and add the residual as u8i8_conv_6x8 does
 */
export function u8_depthwise(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<ConvolutionParameters>(parameters);
  const blocks = (p.outChannels + 7) >> 3;
  const groups = <usize>p.segments / GROUP;
  for (let unit = begin; unit < end; unit++) {
    const channel = unit % blocks << 3;
    const weights = p.weights + <usize>(unit % blocks) * groups * GROUP_BYTES;
    const first = unit / blocks * p.pixelBlock;
    const last = min(first + p.pixelBlock, p.pixels);
    for (let pixel = first; pixel < last; pixel++) depthwisePixel(p, pixel, channel, weights);
  }
}

@inline
function depthwisePixel(p: ConvolutionParameters, pixel: i32, channel: i32, weights: usize): void {
  const bytes = <usize>(ASC_FEATURE_RELAXED_SIMD ? channel : channel << 1);
  const patch = p.input + load<u32>(p.pixelOffsets + (<usize>pixel << 2)) + bytes;
  let low = i32x4.splat(0), high = i32x4.splat(0);
  for (let t: usize = 0; t < <usize>p.segments; t += GROUP, weights += GROUP_BYTES) {
    const a0 = tap(p, patch, t), a1 = tap(p, patch, t + 1), a2 = tap(p, patch, t + 2), a3 = tap(p, patch, t + 3);
    if (ASC_FEATURE_RELAXED_SIMD) {
      const x01 = interleaveBytes(v128.load64_zero(a0), v128.load64_zero(a1));
      const x23 = interleaveBytes(v128.load64_zero(a2), v128.load64_zero(a3));
      low = dot(v128.load(weights), interleaveLow(x01, x23), low);
      high = dot(v128.load(weights, 16), interleaveHigh(x01, x23), high);
    } else {
      const x0 = v128.load(a0), x1 = v128.load(a1), x2 = v128.load(a2), x3 = v128.load(a3);
      low = dot(v128.load8x8_s(weights), interleaveLow(x0, x1), low);
      high = dot(v128.load8x8_s(weights, 8), interleaveHigh(x0, x1), high);
      low = dot(v128.load8x8_s(weights, 16), interleaveLow(x2, x3), low);
      high = dot(v128.load8x8_s(weights, 24), interleaveHigh(x2, x3), high);
    }
  }
  finishPixel(p, pixel, channel, low, high);
}

@inline
function finishPixel(p: ConvolutionParameters, pixel: i32, channel: i32, low: v128, high: v128): void {
  const at = <usize>channel << 2;
  const least = bound(p.minimum, p.zeroPoint), most = bound(p.maximum, p.zeroPoint);
  low = requantized(low, v128.load(p.bias + at), v128.load(p.multiplier + at), least, most);
  high = requantized(high, v128.load(p.bias + at, 16), v128.load(p.multiplier + at, 16), least, most);
  if (!p.residual) {
    storePixel(p, pixel, channel, low, high, roundOffset(p.zeroPoint));
    return;
  }
  const lower = bound(p.sumMinimum, p.sumZeroPoint), upper = bound(p.sumMaximum, p.sumZeroPoint);
  storeSum(p, pixel, channel, low, high, lower, upper, roundOffset(p.sumZeroPoint));
}

/** As u8_depthwise for f32; parameters as f32_conv_6x8. */
export function f32_depthwise(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<FloatConvolutionParameters>(parameters);
  const blocks = (p.outChannels + 7) >> 3;
  for (let unit = begin; unit < end; unit++) {
    const channel = unit % blocks << 3;
    const weights = p.weights + <usize>((unit % blocks) * p.segments << 5);
    const first = unit / blocks * p.pixelBlock;
    const last = min(first + p.pixelBlock, p.pixels);
    for (let pixel = first; pixel < last; pixel++) floatDepthwisePixel(p, pixel, channel, weights);
  }
}

@inline
function floatDepthwisePixel(p: FloatConvolutionParameters, pixel: i32, channel: i32, weights: usize): void {
  const bytes = <usize>channel << 2;
  const patch = p.input + load<u32>(p.pixelOffsets + (<usize>pixel << 2)) + bytes;
  const upper: usize = p.outChannels - channel > 4 ? 16 : 0;
  let low = v128.load(p.bias + bytes), high = v128.load(p.bias + bytes, 16);
  const end = p.segmentOffsets + (<usize>p.segments << 2);
  for (let offset = p.segmentOffsets; offset < end; offset += 4, weights += 32) {
    const a = patch + load<u32>(offset);
    low = fma(v128.load(weights), v128.load(a), low);
    high = fma(v128.load(weights, 16), v128.load(a + upper), high);
  }
  storeFloatPixel(p, pixel, channel, low, high);
}
