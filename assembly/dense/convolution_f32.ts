import { FloatConvolutionParameters } from './parameters';
import { floatTile2, floatTile4, floatTile6 } from './tiles_f32';

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
  const blockBytes = <usize>(p.segments * p.run) << 5;
  for (let unit = begin; unit < end; unit++) {
    const block = unit % blocks;
    const weights = p.weights + <usize>block * blockBytes;
    let pixel = unit / blocks * p.pixelBlock;
    const last = min(pixel + p.pixelBlock, p.pixels);
    for (; last - pixel > 4; pixel += 6) floatTile6(p, pixel, last, block << 3, weights);
    if (last - pixel > 2) floatTile4(p, pixel, last, block << 3, weights);
    else if (last > pixel) floatTile2(p, pixel, last, block << 3, weights);
  }
}
