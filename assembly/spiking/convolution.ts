import { tile } from '../dense/tile';
import { INT2, INT4, INT8 } from '../dense/weights';
import { EventParameters, eventPixel, isListed } from './events';
import { beginFiring, beginStep, endFiring } from './firing';

// Each tile is a function of its own so that its sums have the registers to themselves.

function tile6i8(p: EventParameters, at: i32, end: i32, channel: i32, weights: usize): void {
  tile<i32, bool>(p, at, end, channel, weights, weights, 0, 6, INT8);
}

function tile6i4(p: EventParameters, at: i32, end: i32, channel: i32, weights: usize): void {
  tile<i32, bool>(p, at, end, channel, weights, weights, 0, 6, INT4);
}

function tile6i2(p: EventParameters, at: i32, end: i32, channel: i32, weights: usize): void {
  tile<i32, bool>(p, at, end, channel, weights, weights, 0, 6, INT2);
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
    const length = min(p.pixelBlock, p.stepPixels - first);
    const wide = block + 4 <= blocks && unit + 4 <= end;
    for (let step = 0; step < p.pixels; step += p.stepPixels) {
      beginStep(step);
      for (let pixel = step + first, last = pixel + length; pixel < last; pixel++) {
        if (bits == INT8) {
          if (wide) events4i8(p, pixel, block << 3, weights, blockBytes);
          else events1i8(p, pixel, block << 3, weights);
        } else if (wide) {
          events4i4(p, pixel, block << 3, weights, blockBytes);
        } else {
          events1i4(p, pixel, block << 3, weights);
        }
      }
    }
    unit += wide ? 4 : 1;
  }
}

@inline
function multiply(p: EventParameters, begin: i32, end: i32, bits: i32): void {
  const blocks = (p.outChannels + 7) >> 3;
  for (let unit = begin; unit < end; unit++) {
    const block = unit % blocks;
    const weights = p.weights + <usize>block * <usize>(p.segments * p.run * bits);
    const first = unit / blocks * p.pixelBlock;
    const length = min(p.pixelBlock, p.stepPixels - first);
    for (let step = 0; step < p.pixels; step += p.stepPixels) {
      beginStep(step);
      for (let at = step + first, last = at + length; at < last; at += 6) {
        if (bits == INT8) tile6i8(p, at, last, block << 3, weights);
        else if (bits == INT4) tile6i4(p, at, last, block << 3, weights);
        else tile6i2(p, at, last, block << 3, weights);
      }
    }
  }
}

@inline
function convolve(p: EventParameters, begin: i32, end: i32, bits: i32): void {
  beginFiring();
  if (bits != INT2 && isListed(p.bounds, p.entries, p.mostEntries)) accumulate(p, begin, end, bits);
  else multiply(p, begin, end, bits);
  endFiring(p);
}

/**
 * Convolution or matrix product of u8 activations with 8-bit weights into f32: by a list of words that are not zero
 * where that is short, with the same result.
 *
 *     acc as u8i8_conv_6x8
 *     y = f32(acc) * multiplier[c]
 *     if (residual) y += residual[pixel][c]
 *     y = clamp(y, minimum, maximum)
 *     output[pixel][c] = y, or where neurons follow, their spikes as f32_lif gives them with the current y
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
