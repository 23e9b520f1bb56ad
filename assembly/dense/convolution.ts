import { ConvolutionParameters } from './parameters';
import { tile2, tile4, tile6 } from './tiles';
import { INT2, INT4, INT8, stepBytes, stepLength } from './weights';

/** Bytes of the packed weights of 8 output channels. */
@inline
function blockBytes(p: ConvolutionParameters, bits: i32): usize {
  return <usize>(p.segments * (p.run / stepLength()) * stepBytes(bits));
}

/** First pixel of a work unit. */
@inline
function firstPixel(p: ConvolutionParameters, unit: i32, blocks: i32): i32 {
  return unit / blocks * p.pixelBlock;
}

// Each tile is a function of its own so that its accumulators have the registers to themselves.

function tile6i8(p: ConvolutionParameters, pixel: i32, end: i32, channel: i32, weights: usize): void {
  tile6(p, pixel, end, channel, weights, INT8);
}

function tile4i8(p: ConvolutionParameters, pixel: i32, end: i32, channel: i32, weights: usize): void {
  tile4(p, pixel, end, channel, weights, INT8);
}

function tile2i8(p: ConvolutionParameters, pixel: i32, end: i32, channel: i32, weights: usize): void {
  tile2(p, pixel, end, channel, weights, INT8);
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
  const p = changetype<ConvolutionParameters>(parameters);
  const blocks = (p.outChannels + 7) >> 3;
  for (let unit = begin; unit < end; unit++) {
    const block = unit % blocks;
    const weights = p.weights + <usize>block * blockBytes(p, INT8);
    let pixel = firstPixel(p, unit, blocks);
    const last = min(pixel + p.pixelBlock, p.pixels);
    for (; last - pixel > 4; pixel += 6) tile6i8(p, pixel, last, block << 3, weights);
    if (last - pixel > 2) tile4i8(p, pixel, last, block << 3, weights);
    else if (last > pixel) tile2i8(p, pixel, last, block << 3, weights);
  }
}

function tile6i4(p: ConvolutionParameters, pixel: i32, end: i32, channel: i32, weights: usize): void {
  tile6(p, pixel, end, channel, weights, INT4);
}

function tile4i4(p: ConvolutionParameters, pixel: i32, end: i32, channel: i32, weights: usize): void {
  tile4(p, pixel, end, channel, weights, INT4);
}

function tile2i4(p: ConvolutionParameters, pixel: i32, end: i32, channel: i32, weights: usize): void {
  tile2(p, pixel, end, channel, weights, INT4);
}

/** As u8i8_conv_6x8 with 4-bit weights, which are between -7 and 7. */
export function u8i4_conv_6x8(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<ConvolutionParameters>(parameters);
  const blocks = (p.outChannels + 7) >> 3;
  for (let unit = begin; unit < end; unit++) {
    const block = unit % blocks;
    const weights = p.weights + <usize>block * blockBytes(p, INT4);
    let pixel = firstPixel(p, unit, blocks);
    const last = min(pixel + p.pixelBlock, p.pixels);
    for (; last - pixel > 4; pixel += 6) tile6i4(p, pixel, last, block << 3, weights);
    if (last - pixel > 2) tile4i4(p, pixel, last, block << 3, weights);
    else if (last > pixel) tile2i4(p, pixel, last, block << 3, weights);
  }
}

function tile6i2(p: ConvolutionParameters, pixel: i32, end: i32, channel: i32, weights: usize): void {
  tile6(p, pixel, end, channel, weights, INT2);
}

function tile4i2(p: ConvolutionParameters, pixel: i32, end: i32, channel: i32, weights: usize): void {
  tile4(p, pixel, end, channel, weights, INT2);
}

function tile2i2(p: ConvolutionParameters, pixel: i32, end: i32, channel: i32, weights: usize): void {
  tile2(p, pixel, end, channel, weights, INT2);
}

/** As u8i8_conv_6x8 with 2-bit weights, which are between -1 and 1. */
export function u8i2_conv_6x8(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<ConvolutionParameters>(parameters);
  const blocks = (p.outChannels + 7) >> 3;
  for (let unit = begin; unit < end; unit++) {
    const block = unit % blocks;
    const weights = p.weights + <usize>block * blockBytes(p, INT2);
    let pixel = firstPixel(p, unit, blocks);
    const last = min(pixel + p.pixelBlock, p.pixels);
    for (; last - pixel > 4; pixel += 6) tile6i2(p, pixel, last, block << 3, weights);
    if (last - pixel > 2) tile4i2(p, pixel, last, block << 3, weights);
    else if (last > pixel) tile2i2(p, pixel, last, block << 3, weights);
  }
}
