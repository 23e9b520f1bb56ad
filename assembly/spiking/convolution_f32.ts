import { finishFloatPixel } from '../dense/finish_f32';
import { FloatConvolutionParameters, patch } from '../dense/parameters';

/** Parameter block of the convolutions of bytes by f32 weights. */
@unmanaged
export class ByteConvolutionParameters extends FloatConvolutionParameters {
  scale: f32; // of the input, whose zero point is 0
}

/** The real number that a byte stands for, in all lanes. */
@inline
function real(at: usize, scale: f32): v128 {
  return f32x4.splat(scale * <f32>load<u8>(at));
}

/** The product is rounded before it is added, with relaxed SIMD too. */
@inline
function add(sum: v128, weights: v128, x: v128): v128 {
  return f32x4.add(sum, f32x4.mul(weights, x));
}

/** Two pixels from `pixel`, 8 channels from `channel`. A second one from `end` on repeats the first. */
function pair(p: ByteConvolutionParameters, pixel: i32, end: i32, channel: i32, weights: usize): void {
  const row0 = patch(p, pixel), row1 = patch(p, min(pixel + 1, end - 1));
  const scale = p.scale;
  let c0l = f32x4.splat(0), c0h = c0l, c1l = c0l, c1h = c0l;
  const segmentEnd = p.segmentOffsets + (<usize>p.segments << 2);
  for (let segment = p.segmentOffsets; segment < segmentEnd; segment += 4) {
    const offset = load<u32>(segment);
    let a1 = row1 + offset;
    const stop = row0 + offset + p.run;
    for (let a0 = row0 + offset; a0 < stop; a0++, a1++, weights += 32) {
      const wl = v128.load(weights), wh = v128.load(weights, 16);
      const x0 = real(a0, scale), x1 = real(a1, scale);
      c0l = add(c0l, wl, x0);
      c0h = add(c0h, wh, x0);
      c1l = add(c1l, wl, x1);
      c1h = add(c1h, wh, x1);
    }
  }
  const bias = p.bias + (<usize>channel << 2);
  const bl = v128.load(bias), bh = v128.load(bias, 16);
  finishFloatPixel(p, pixel, channel, f32x4.add(c0l, bl), f32x4.add(c0h, bh));
  if (pixel + 1 < end) finishFloatPixel(p, pixel + 1, channel, f32x4.add(c1l, bl), f32x4.add(c1h, bh));
}

/**
 * Convolution or matrix product of u8 activations of zero point 0 with f32 weights. Products and sums are rounded one
 * by one, in order, so that leaving out zeros changes nothing.
 *
 *     acc = 0
 *     for s < segments, k < run: acc += scale * input[pixelOffsets[pixel] + segmentOffsets[s] + k] * weight[c][s][k]
 *     y = acc + bias[c]
 *     if (residual) y += residual[pixel][c]
 *     output[pixel][c] = clamp(y, minimum, maximum)
 */
export function u8f32_conv_2x8(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<ByteConvolutionParameters>(parameters);
  const blocks = (p.outChannels + 7) >> 3;
  for (let unit = begin; unit < end; unit++) {
    const block = unit % blocks;
    const weights = p.weights + <usize>block * (<usize>(p.segments * p.run) << 5);
    let at = unit / blocks * p.pixelBlock;
    const last = min(at + p.pixelBlock, p.pixels);
    for (; at < last; at += 2) pair(p, at, last, block << 3, weights);
  }
}
