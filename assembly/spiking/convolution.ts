import { RealConvolutionParameters } from '../dense/parameters';
import { tile } from '../dense/tile';
import { INT2, INT4, INT8 } from '../dense/weights';

// Each tile is a function of its own so that its sums have the registers to themselves.

function tile6i8(p: RealConvolutionParameters, at: i32, end: i32, channel: i32, weights: usize): void {
  tile<i32, f32>(p, at, end, channel, weights, weights, 0, 6, INT8);
}

function tile6i4(p: RealConvolutionParameters, at: i32, end: i32, channel: i32, weights: usize): void {
  tile<i32, f32>(p, at, end, channel, weights, weights, 0, 6, INT4);
}

function tile6i2(p: RealConvolutionParameters, at: i32, end: i32, channel: i32, weights: usize): void {
  tile<i32, f32>(p, at, end, channel, weights, weights, 0, 6, INT2);
}

@inline
function convolve(p: RealConvolutionParameters, begin: i32, end: i32, bits: i32): void {
  const blocks = (p.outChannels + 7) >> 3;
  for (let unit = begin; unit < end; unit++) {
    const block = unit % blocks;
    const weights = p.weights + <usize>block * <usize>(p.segments * p.run * bits);
    let at = unit / blocks * p.pixelBlock;
    const last = min(at + p.pixelBlock, p.pixels);
    for (; at < last; at += 6) {
      if (bits == INT8) tile6i8(p, at, last, block << 3, weights);
      else if (bits == INT4) tile6i4(p, at, last, block << 3, weights);
      else tile6i2(p, at, last, block << 3, weights);
    }
  }
}

/**
 * Convolution or matrix product of u8 activations with 8-bit weights into f32.
 *
 *     acc as u8i8_conv_6x8
 *     y = f32(acc) * multiplier[c]
 *     if (residual) y += residual[pixel][c]
 *     output[pixel][c] = clamp(y, minimum, maximum)
 */
export function u8i8_conv_f32_6x8(parameters: usize, begin: i32, end: i32): void {
  convolve(changetype<RealConvolutionParameters>(parameters), begin, end, INT8);
}

/** As u8i8_conv_f32_6x8 with 4-bit weights, which are between -7 and 7. */
export function u8i4_conv_f32_6x8(parameters: usize, begin: i32, end: i32): void {
  convolve(changetype<RealConvolutionParameters>(parameters), begin, end, INT4);
}

/** As u8i8_conv_f32_6x8 with 2-bit weights, which are between -1 and 1. */
export function u8i2_conv_f32_6x8(parameters: usize, begin: i32, end: i32): void {
  convolve(changetype<RealConvolutionParameters>(parameters), begin, end, INT2);
}
