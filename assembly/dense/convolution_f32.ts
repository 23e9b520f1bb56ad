import { FloatConvolutionParameters } from './parameters';
import { tile } from './tile';
import { floatTile2 } from './tile2_f32';
import { FLOAT, stepBytes } from './weights';

// Each tile is a function of its own so that its sums have the registers to themselves.

function floatTile6(
  p: FloatConvolutionParameters, at: i32, end: i32, channel: i32, weights: usize, ahead: usize, aheadStride: usize,
): void {
  tile<f32, f32>(p, at, end, channel, weights, ahead, aheadStride, 6, FLOAT);
}

function floatTile4(
  p: FloatConvolutionParameters, at: i32, end: i32, channel: i32, weights: usize, ahead: usize, aheadStride: usize,
): void {
  tile<f32, f32>(p, at, end, channel, weights, ahead, aheadStride, 4, FLOAT);
}

/**
 * Pixels [at, last) for the 8 channels from `channel`. Every tile touches its share of `ahead`, weights as large as
 * these that are needed after them, so that they are in the cache when their turn comes.
 */
export function multiplyBlock(
  p: FloatConvolutionParameters, at: i32, last: i32, channel: i32, weights: usize, ahead: usize,
): void {
  const tiles = (last - at + 5) / 6;
  const share = <usize>((p.segments * p.run * FLOAT) / tiles);
  const stride = <usize>(2 * stepBytes<f32>(FLOAT) / tiles);
  for (; last - at > 4; at += 6, ahead += share) floatTile6(p, at, last, channel, weights, ahead, stride);
  if (last - at > 2) floatTile4(p, at, last, channel, weights, ahead, stride);
  else if (last > at) floatTile2(p, at, last, channel, weights, ahead, stride);
}

/**
 * Convolution or matrix product of f32 activations and weights.
 *
 *     for each pixel of the unit's block, each channel c of its 8:
 *       acc = bias[c]
 *       for s < segments, k < run: acc += input[pixelOffsets[pixel] + segmentOffsets[s] + 4 * k] * weight[c][s][k]
 *       if (residual) acc += residual[pixel][c]
 *       output[pixel][c] = clamp(acc, minimum, maximum)
 */
export function f32_conv_6x8(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<FloatConvolutionParameters>(parameters);
  const blocks = (p.outChannels + 7) >> 3;
  const blockBytes = <usize>(p.segments * p.run * FLOAT);
  for (let unit = begin; unit < end; unit++) {
    const block = unit % blocks;
    const first = unit / blocks * p.pixelBlock;
    const weights = p.weights + <usize>block * blockBytes;
    const ahead = block + 1 < blocks ? weights + blockBytes : weights;
    multiplyBlock(p, first, min(first + p.pixelBlock, p.pixels), block << 3, weights, ahead);
  }
}
