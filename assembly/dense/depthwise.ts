import { interleaveHighPairs, interleaveLowBytes, interleaveLowPairs } from '../lanes';
import { finishFloatPixel } from './finish_f32';
import { finishPixel } from './finish_u8';
import { ConvolutionParameters, FloatConvolutionParameters, IntegerConvolutionParameters, patch } from './parameters';
import { mac } from './weights';

/** Taps that are multiplied together; weights of taps that do not exist are zero. */
const GROUP: usize = 4;

/** Bytes of the weights of 8 channels in a group of taps. */
const GROUP_BYTES: usize = 32;

/** Where tap `index` of the patch at `start` lies. */
@inline
function tap(p: ConvolutionParameters, start: usize, index: usize): usize {
  return start + load<u32>(p.segmentOffsets + (index << 2));
}

/**
 * Depthwise convolution: every channel has a kernel of its own. Parameters as u8i8_conv_6x8, but a segment is one
 * tap, of which there is a multiple of 4, and `run` is not used.
 *
 *     for each pixel of the unit's block, each channel c of its 8:
 *       acc = bias[c]
 *       for t < segments: acc += input[pixelOffsets[pixel] + segmentOffsets[t] + c] * weight[c][t]
 *       requantize and add the residual as u8i8_conv_6x8 does
 */
export function u8_depthwise(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<IntegerConvolutionParameters>(parameters);
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
function depthwisePixel(p: IntegerConvolutionParameters, pixel: i32, channel: i32, weights: usize): void {
  const bytes = <usize>(ASC_FEATURE_RELAXED_SIMD ? channel : channel << 1);
  const start = patch(p, pixel) + bytes;
  let low = i32x4.splat(0), high = i32x4.splat(0);
  for (let t: usize = 0; t < <usize>p.segments; t += GROUP, weights += GROUP_BYTES) {
    const a0 = tap(p, start, t), a1 = tap(p, start, t + 1), a2 = tap(p, start, t + 2), a3 = tap(p, start, t + 3);
    if (ASC_FEATURE_RELAXED_SIMD) {
      const x01 = interleaveLowBytes(v128.load64_zero(a0), v128.load64_zero(a1));
      const x23 = interleaveLowBytes(v128.load64_zero(a2), v128.load64_zero(a3));
      low = mac<i32>(v128.load(weights), interleaveLowPairs(x01, x23), low);
      high = mac<i32>(v128.load(weights, 16), interleaveHighPairs(x01, x23), high);
    } else {
      const x0 = v128.load(a0), x1 = v128.load(a1), x2 = v128.load(a2), x3 = v128.load(a3);
      low = mac<i32>(v128.load8x8_s(weights), interleaveLowPairs(x0, x1), low);
      high = mac<i32>(v128.load8x8_s(weights, 8), interleaveHighPairs(x0, x1), high);
      low = mac<i32>(v128.load8x8_s(weights, 16), interleaveLowPairs(x2, x3), low);
      high = mac<i32>(v128.load8x8_s(weights, 24), interleaveHighPairs(x2, x3), high);
    }
  }
  finishPixel(p, pixel, channel, low, high);
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
  const start = patch(p, pixel) + bytes;
  const upper: usize = p.outChannels - channel > 4 ? 16 : 0;
  let low = v128.load(p.bias + bytes), high = v128.load(p.bias + bytes, 16);
  const end = p.segmentOffsets + (<usize>p.segments << 2);
  for (let offset = p.segmentOffsets; offset < end; offset += 4, weights += 32) {
    const a = start + load<u32>(offset);
    low = mac<f32>(v128.load(weights), v128.load(a), low);
    high = mac<f32>(v128.load(weights, 16), v128.load(a + upper), high);
  }
  finishFloatPixel(p, pixel, channel, low, high);
}
