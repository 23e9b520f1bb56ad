import { ConvolutionParameters, IntegerConvolutionParameters } from './parameters';
import { tile } from './tile';
import { INT2, INT4, INT8, stepBytes } from './weights';

// Each tile is a function of its own so that its sums have the registers to themselves.

function tile6i8(
  p: ConvolutionParameters, at: i32, end: i32, block: i32, weights: usize, ahead: usize, aheadStride: usize,
): void {
  tile<i32, u8>(p, at, end, block << 3, weights, ahead, aheadStride, 6, INT8);
}

function tile4i8(
  p: ConvolutionParameters, at: i32, end: i32, block: i32, weights: usize, ahead: usize, aheadStride: usize,
): void {
  tile<i32, u8>(p, at, end, block << 3, weights, ahead, aheadStride, 4, INT8);
}

function tile6i4(
  p: ConvolutionParameters, at: i32, end: i32, block: i32, weights: usize, ahead: usize, aheadStride: usize,
): void {
  tile<i32, u8>(p, at, end, block << 3, weights, ahead, aheadStride, 6, INT4);
}

function tile4i4(
  p: ConvolutionParameters, at: i32, end: i32, block: i32, weights: usize, ahead: usize, aheadStride: usize,
): void {
  tile<i32, u8>(p, at, end, block << 3, weights, ahead, aheadStride, 4, INT4);
}

function tile6i2(
  p: ConvolutionParameters, at: i32, end: i32, block: i32, weights: usize, ahead: usize, aheadStride: usize,
): void {
  tile<i32, u8>(p, at, end, block << 3, weights, ahead, aheadStride, 6, INT2);
}

function tile4i2(
  p: ConvolutionParameters, at: i32, end: i32, block: i32, weights: usize, ahead: usize, aheadStride: usize,
): void {
  tile<i32, u8>(p, at, end, block << 3, weights, ahead, aheadStride, 4, INT2);
}

/**
 * The units [begin, end) of a convolution. Every tile touches its share of the next block of weights, so that they
 * are in the cache when their turn comes: with few pixels, weights arrive more slowly than they are used.
 */
@inline
function convolve(p: ConvolutionParameters, begin: i32, end: i32, bits: i32): void {
  const blocks = (p.outChannels + 7) >> 3;
  const blockBytes = <usize>(p.segments * p.run * bits);
  for (let unit = begin; unit < end; unit++) {
    const block = unit % blocks;
    const weights = p.weights + <usize>block * blockBytes;
    let at = unit / blocks * p.pixelBlock;
    const last = min(at + p.pixelBlock, p.pixels);
    const tiles = (last - at + 5) / 6;
    const share = blockBytes / tiles;
    const stride = <usize>(2 * stepBytes<i32>(bits) / tiles);
    let ahead = block + 1 < blocks ? weights + blockBytes : weights;
    for (; last - at > 4; at += 6, ahead += share) {
      if (bits == INT8) tile6i8(p, at, last, block, weights, ahead, stride);
      else if (bits == INT4) tile6i4(p, at, last, block, weights, ahead, stride);
      else tile6i2(p, at, last, block, weights, ahead, stride);
    }
    if (last > at) {
      if (bits == INT8) tile4i8(p, at, last, block, weights, ahead, stride);
      else if (bits == INT4) tile4i4(p, at, last, block, weights, ahead, stride);
      else tile4i2(p, at, last, block, weights, ahead, stride);
    }
  }
}

/**
 * Convolution or matrix product of u8 activations with 8-bit weights.
 *
 *     for each pixel of the unit's block, each channel c of its 8:
 *       acc = bias[c]
 *       for s < segments, k < run: acc += input[pixelOffsets[pixel] + segmentOffsets[s] + k] * weight[c][s][k]
 *       q = clamp(roundHalfEven(f32(acc) * multiplier[c]) + zeroPoint, minimum, maximum)
 *       if (residual) q = clamp(roundHalfEven((q - zeroPoint) * ownMultiplier
 *         + (residual[pixel][c] - residualZeroPoint) * residualMultiplier) + sumZeroPoint, sumMinimum, sumMaximum)
 *       output[pixel][c] = q
 */
export function u8i8_conv_6x8(parameters: usize, begin: i32, end: i32): void {
  convolve(changetype<IntegerConvolutionParameters>(parameters), begin, end, INT8);
}

/** As u8i8_conv_6x8 with 4-bit weights, which are between -7 and 7. */
export function u8i4_conv_6x8(parameters: usize, begin: i32, end: i32): void {
  convolve(changetype<IntegerConvolutionParameters>(parameters), begin, end, INT4);
}

/** As u8i8_conv_6x8 with 2-bit weights, which are between -1 and 1. */
export function u8i2_conv_6x8(parameters: usize, begin: i32, end: i32): void {
  convolve(changetype<IntegerConvolutionParameters>(parameters), begin, end, INT2);
}
