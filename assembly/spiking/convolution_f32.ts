import { patch } from '../dense/parameters';
import { EventParameters, isListed } from './events';
import { beginFiring, beginStep, endFiring, finishFiringPixel } from './firing';

/** Parameter block of the convolutions of bytes by f32 weights, which have no `multiplier`. */
@unmanaged
export class ByteConvolutionParameters extends EventParameters {
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
  finishFiringPixel(p, pixel, channel, f32x4.add(c0l, bl), f32x4.add(c0h, bh));
  if (pixel + 1 < end) finishFiringPixel(p, pixel + 1, channel, f32x4.add(c1l, bl), f32x4.add(c1h, bh));
}

@inline
function finish(p: ByteConvolutionParameters, pixel: i32, channel: i32, low: v128, high: v128): void {
  if (channel >= p.outChannels) return;
  const bias = p.bias + (<usize>channel << 2);
  finishFiringPixel(p, pixel, channel, f32x4.add(low, v128.load(bias)), f32x4.add(high, v128.load(bias, 16)));
}

/** One pixel by its list, 8 channels from `channel`, or 32 if `wide`, which is known at compile time. */
@inline
function eventPixel(
  p: ByteConvolutionParameters, pixel: i32, channel: i32, weights: usize, blockBytes: usize, wide: bool,
): void {
  const start = patch(p, pixel);
  const bounds = p.bounds + (<usize>load<u32>(p.patchPixels + (<usize>pixel << 2)) << 3);
  const last = <usize>(p.segmentSpan - 1) << 3;
  const scale = p.scale;
  let low = f32x4.splat(0), high = low, low1 = low, high1 = low, low2 = low, high2 = low, low3 = low, high3 = low;
  for (let s: usize = 0, end = <usize>p.segments << 2; s < end; s += 4) {
    const at = bounds + (<usize>load<u32>(p.segmentPixels + s) << 3);
    const stop = load<u32>(at + last, 4);
    const base = weights - ((start + load<u32>(p.segmentOffsets + s)) << 5);
    for (let entry: usize = load<u32>(at); entry < stop; entry += 4) {
      const element: usize = load<u32>(entry);
      const x = real(element, scale);
      let w = base + (element << 5);
      low = add(low, v128.load(w), x);
      high = add(high, v128.load(w, 16), x);
      if (wide) {
        w += blockBytes;
        low1 = add(low1, v128.load(w), x);
        high1 = add(high1, v128.load(w, 16), x);
        w += blockBytes;
        low2 = add(low2, v128.load(w), x);
        high2 = add(high2, v128.load(w, 16), x);
        w += blockBytes;
        low3 = add(low3, v128.load(w), x);
        high3 = add(high3, v128.load(w, 16), x);
      }
    }
    weights += <usize>p.run << 5;
  }
  finish(p, pixel, channel, low, high);
  if (!wide) return;
  finish(p, pixel, channel + 8, low1, high1);
  finish(p, pixel, channel + 16, low2, high2);
  finish(p, pixel, channel + 24, low3, high3);
}

function events4(p: ByteConvolutionParameters, pixel: i32, channel: i32, weights: usize, blockBytes: usize): void {
  eventPixel(p, pixel, channel, weights, blockBytes, true);
}

function events1(p: ByteConvolutionParameters, pixel: i32, channel: i32, weights: usize): void {
  eventPixel(p, pixel, channel, weights, 0, false);
}

/** The units [begin, end) by lists, those of four blocks of channels of one pixel block together. */
function accumulate(p: ByteConvolutionParameters, begin: i32, end: i32): void {
  const blocks = (p.outChannels + 7) >> 3;
  const blockBytes = <usize>(p.segments * p.run) << 5;
  for (let unit = begin; unit < end;) {
    const block = unit % blocks, first = unit / blocks * p.pixelBlock;
    const weights = p.weights + <usize>block * blockBytes;
    const length = min(p.pixelBlock, p.stepPixels - first);
    const wide = block + 4 <= blocks && unit + 4 <= end;
    for (let step = 0; step < p.pixels; step += p.stepPixels) {
      beginStep(step);
      for (let pixel = step + first, last = pixel + length; pixel < last; pixel++) {
        if (wide) events4(p, pixel, block << 3, weights, blockBytes);
        else events1(p, pixel, block << 3, weights);
      }
    }
    unit += wide ? 4 : 1;
  }
}

function multiply(p: ByteConvolutionParameters, begin: i32, end: i32): void {
  const blocks = (p.outChannels + 7) >> 3;
  for (let unit = begin; unit < end; unit++) {
    const block = unit % blocks;
    const weights = p.weights + <usize>block * (<usize>(p.segments * p.run) << 5);
    const first = unit / blocks * p.pixelBlock;
    const length = min(p.pixelBlock, p.stepPixels - first);
    for (let step = 0; step < p.pixels; step += p.stepPixels) {
      beginStep(step);
      for (let at = step + first, last = at + length; at < last; at += 2) pair(p, at, last, block << 3, weights);
    }
  }
}

/**
 * Convolution or matrix product of u8 activations of zero point 0 with f32 weights. Products and sums are rounded one
 * by one, in order, so that leaving out zeros, as lists do where they are short, changes nothing.
 *
 *     acc = 0
 *     for s < segments, k < run: acc += scale * input[pixelOffsets[pixel] + segmentOffsets[s] + k] * weight[c][s][k]
 *     y = acc + bias[c]
 *     if (residual) y += residual[pixel][c]
 *     y = clamp(y, minimum, maximum)
 *     output[pixel][c] = y, or where neurons follow, their spikes as f32_lif gives them with the current y
 */
export function u8f32_conv_2x8(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<ByteConvolutionParameters>(parameters);
  beginFiring();
  if (isListed(p.bounds, p.entries, p.mostEntries)) accumulate(p, begin, end);
  else multiply(p, begin, end);
  endFiring(p);
}
