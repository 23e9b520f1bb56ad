import { ConvolutionParameters } from './parameters';
import { tile4, tile6 } from './tiles';
import { INT2, INT4, INT8, stepBytes, stepLength } from './weights';

/** Bytes of the packed weights of 8 output channels. */
@inline
function blockBytes(p: ConvolutionParameters, bits: i32): usize {
  return <usize>(p.segments * (p.run / stepLength()) * stepBytes(bits));
}

// Each tile is a function of its own so that its accumulators have the registers to themselves.

function tile6i8(
  p: ConvolutionParameters, at: i32, end: i32, block: i32, weights: usize, next: usize, stride: usize,
): void {
  tile6(p, at, end, block << 3, weights, next, stride, INT8);
}

function tile4i8(
  p: ConvolutionParameters, at: i32, end: i32, block: i32, weights: usize, next: usize, stride: usize,
): void {
  tile4(p, at, end, block << 3, weights, next, stride, INT8);
}

function tile6i4(
  p: ConvolutionParameters, at: i32, end: i32, block: i32, weights: usize, next: usize, stride: usize,
): void {
  tile6(p, at, end, block << 3, weights, next, stride, INT4);
}

function tile4i4(
  p: ConvolutionParameters, at: i32, end: i32, block: i32, weights: usize, next: usize, stride: usize,
): void {
  tile4(p, at, end, block << 3, weights, next, stride, INT4);
}

function tile6i2(
  p: ConvolutionParameters, at: i32, end: i32, block: i32, weights: usize, next: usize, stride: usize,
): void {
  tile6(p, at, end, block << 3, weights, next, stride, INT2);
}

function tile4i2(
  p: ConvolutionParameters, at: i32, end: i32, block: i32, weights: usize, next: usize, stride: usize,
): void {
  tile4(p, at, end, block << 3, weights, next, stride, INT2);
}

/**
 * The units [begin, end) of a convolution. Every tile touches its share of the next block of weights, so that they
 * are in the cache when their turn comes: with few pixels, weights arrive more slowly than they are used.
 */
@inline
function convolve(p: ConvolutionParameters, begin: i32, end: i32, bits: i32): void {
  const blocks = (p.outChannels + 7) >> 3;
  const bytes = blockBytes(p, bits);
  for (let unit = begin; unit < end; unit++) {
    const block = unit % blocks;
    const weights = p.weights + <usize>block * bytes;
    let at = unit / blocks * p.pixelBlock;
    const last = min(at + p.pixelBlock, p.pixels);
    const tiles = (last - at + 5) / 6;
    const share = bytes / tiles;
    const stride = <usize>(2 * stepBytes(bits) / tiles);
    let next = block + 1 < blocks ? weights + bytes : weights;
    for (; last - at > 4; at += 6, next += share) {
      if (bits == INT8) tile6i8(p, at, last, block, weights, next, stride);
      else if (bits == INT4) tile6i4(p, at, last, block, weights, next, stride);
      else tile6i2(p, at, last, block, weights, next, stride);
    }
    if (last > at) {
      if (bits == INT8) tile4i8(p, at, last, block, weights, next, stride);
      else if (bits == INT4) tile4i4(p, at, last, block, weights, next, stride);
      else tile4i2(p, at, last, block, weights, next, stride);
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
  convolve(changetype<ConvolutionParameters>(parameters), begin, end, INT8);
}

/** As u8i8_conv_6x8 with 4-bit weights, which are between -7 and 7. */
export function u8i4_conv_6x8(parameters: usize, begin: i32, end: i32): void {
  convolve(changetype<ConvolutionParameters>(parameters), begin, end, INT4);
}

/** As u8i8_conv_6x8 with 2-bit weights, which are between -1 and 1. */
export function u8i2_conv_6x8(parameters: usize, begin: i32, end: i32): void {
  convolve(changetype<ConvolutionParameters>(parameters), begin, end, INT2);
}
