import { finishPixel } from '../dense/finish_u8';
import { patch } from '../dense/parameters';
import { GatheredParameters } from './parameters';

/** 4 elements each from 4 places of a patch. */
@inline
function gather(start: usize, offsets: usize, flip: v128): v128 {
  let x = v128.load32_zero(start + load<u16>(offsets));
  x = v128.load32_lane(start + load<u16>(offsets, 2), x, 1);
  x = v128.load32_lane(start + load<u16>(offsets, 4), x, 2);
  x = v128.load32_lane(start + load<u16>(offsets, 6), x, 3);
  return ASC_FEATURE_RELAXED_SIMD ? v128.xor(x, flip) : x;
}

/** Adds 16 products to four sums, of which only their sum means something. */
@inline
function addProducts(sums: v128, weights: v128, x: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(weights, x, sums);
  const low = i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_s(weights), i16x8.extend_low_i8x16_u(x));
  const high = i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_s(weights), i16x8.extend_high_i8x16_u(x));
  return i32x4.add(sums, i32x4.add(low, high));
}

/** Four sums whose sum is that of the products of the weights up to `end`. */
@inline
function channelSums(start: usize, weights: usize, end: usize, offsets: usize, flip: v128): v128 {
  let even = i32x4.splat(0), odd = even;
  for (; weights + 32 <= end; weights += 32, offsets += 16) {
    even = addProducts(even, v128.load(weights), gather(start, offsets, flip));
    odd = addProducts(odd, v128.load(weights, 16), gather(start, offsets + 8, flip));
  }
  if (weights < end) even = addProducts(even, v128.load(weights), gather(start, offsets, flip));
  return i32x4.add(even, odd);
}

@inline
function joinPairs(a: v128, b: v128): v128 {
  return i32x4.add(i32x4.shuffle(a, b, 0, 2, 4, 6), i32x4.shuffle(a, b, 1, 3, 5, 7));
}

/** The sums of 4 output channels. */
function fourChannels(p: GatheredParameters, start: usize, channel: i32, flip: v128): v128 {
  const starts = p.starts + (<usize>channel << 2), first = <usize>load<u32>(starts) << 2;
  const w0 = p.weights + first, o0 = p.offsets + (first >> 1);
  const w1 = p.weights + (<usize>load<u32>(starts, 4) << 2), o1 = o0 + ((w1 - w0) >> 1);
  const a = channelSums(start, w0, w1, o0, flip);
  const w2 = p.weights + (<usize>load<u32>(starts, 8) << 2), o2 = o1 + ((w2 - w1) >> 1);
  const b = channelSums(start, w1, w2, o1, flip);
  const w3 = p.weights + (<usize>load<u32>(starts, 12) << 2), o3 = o2 + ((w3 - w2) >> 1);
  const c = channelSums(start, w2, w3, o2, flip);
  const d = channelSums(start, w3, p.weights + (<usize>load<u32>(starts, 16) << 2), o3, flip);
  return joinPairs(joinPairs(a, b), joinPairs(c, d));
}

/**
 * Convolution or matrix product of u8 activations with the groups of four 8-bit weights that are not all zero, for few
 * pixels: each group takes its activations from where they lie. A unit is as in u8i8_conv_6x8.
 *
 *     for each pixel of the unit's block, each channel c of its 8:
 *       acc = bias[c], patch = input + pixelOffsets[pixel]
 *       for starts[c] <= n < starts[c + 1], k < 4: acc += patch[offsets[n] + k] * weights[n][k]
 *       requantize and add the residual as u8i8_conv_6x8 does
 */
export function u8i8_gathered_1x8(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<GatheredParameters>(parameters);
  const blocks = (p.outChannels + 7) >> 3;
  const flip = i8x16.splat(p.flip ? <i8>0x80 : 0);
  for (let unit = begin; unit < end; unit++) {
    const channel = unit % blocks << 3;
    const first = unit / blocks * p.pixelBlock;
    const last = min(first + p.pixelBlock, p.pixels);
    for (let pixel = first; pixel < last; pixel++) {
      const start = patch(p, pixel);
      const low = fourChannels(p, start, channel, flip);
      finishPixel(p, pixel, channel, low, fourChannels(p, start, channel + 4, flip));
    }
  }
}
