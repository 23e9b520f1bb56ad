import { RealConvolutionParameters } from '../dense/parameters';
import { tile } from '../dense/tile';
import { INT2, INT4, INT8 } from '../dense/weights';
import { EventParameters, eventPixel, isListed } from './events';

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

function events4i8(p: EventParameters, pixel: i32, channel: i32, weights: usize, blockBytes: usize): void {
  eventPixel(p, pixel, channel, weights, blockBytes, true, INT8);
}

function events1i8(p: EventParameters, pixel: i32, channel: i32, weights: usize): void {
  eventPixel(p, pixel, channel, weights, 0, false, INT8);
}

function events4i4(p: EventParameters, pixel: i32, channel: i32, weights: usize, blockBytes: usize): void {
  eventPixel(p, pixel, channel, weights, blockBytes, true, INT4);
}

function events1i4(p: EventParameters, pixel: i32, channel: i32, weights: usize): void {
  eventPixel(p, pixel, channel, weights, 0, false, INT4);
}

/** The units [begin, end) by lists, those of four blocks of channels of one pixel block together. */
@inline
function accumulate(p: EventParameters, begin: i32, end: i32, bits: i32): void {
  const blocks = (p.outChannels + 7) >> 3;
  const blockBytes = <usize>(p.segments * p.run * bits);
  for (let unit = begin; unit < end;) {
    const block = unit % blocks, first = unit / blocks * p.pixelBlock;
    const weights = p.weights + <usize>block * blockBytes;
    const last = min(first + p.pixelBlock, p.pixels);
    const wide = block + 4 <= blocks && unit + 4 <= end;
    for (let pixel = first; pixel < last; pixel++) {
      if (bits == INT8) {
        if (wide) events4i8(p, pixel, block << 3, weights, blockBytes);
        else events1i8(p, pixel, block << 3, weights);
      } else if (wide) {
        events4i4(p, pixel, block << 3, weights, blockBytes);
      } else {
        events1i4(p, pixel, block << 3, weights);
      }
    }
    unit += wide ? 4 : 1;
  }
}

@inline
function convolve(p: EventParameters, begin: i32, end: i32, bits: i32): void {
  if (bits != INT2 && isListed(p.bounds, p.entries, p.mostEntries)) {
    accumulate(p, begin, end, bits);
    return;
  }
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
 * Convolution or matrix product of u8 activations with 8-bit weights into f32: by a list of words that are not zero
 * where that is short, with the same result.
 *
 *     acc as u8i8_conv_6x8
 *     y = f32(acc) * multiplier[c]
 *     if (residual) y += residual[pixel][c]
 *     output[pixel][c] = clamp(y, minimum, maximum)
 */
export function u8i8_conv_f32_6x8(parameters: usize, begin: i32, end: i32): void {
  convolve(changetype<EventParameters>(parameters), begin, end, INT8);
}

/** As u8i8_conv_f32_6x8 with 4-bit weights, which are between -7 and 7. */
export function u8i4_conv_f32_6x8(parameters: usize, begin: i32, end: i32): void {
  convolve(changetype<EventParameters>(parameters), begin, end, INT4);
}

/** As u8i8_conv_f32_6x8 with 2-bit weights, which are between -1 and 1, and never by a list. */
export function u8i2_conv_f32_6x8(parameters: usize, begin: i32, end: i32): void {
  convolve(changetype<EventParameters>(parameters), begin, end, INT2);
}
