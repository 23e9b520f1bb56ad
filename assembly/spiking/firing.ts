import { finishFloatPixel, finishFloatTile } from '../dense/finish_f32';
import { RealConvolutionParameters } from '../dense/parameters';
import { clamp } from '../lanes';
import { storeBytes } from '../store';
import { count, firesAt, laneSum, resetWhere } from './neurons';

// Neurons that alone read the result of a convolution take it from registers: only their membranes, of one step, and
// their spikes are stored. Work units are those of one step, which go through all steps, so that a membrane stays near.

/** Fields of convolutions whose result may go to neurons. */
@unmanaged
export class FiringConvolutionParameters extends RealConvolutionParameters {
  stepPixels: i32; // output pixels of a time step, or all of them without neurons
  membrane: usize; // f32[stepPixels][outChannels rounded up to 8]; 0: the result is stored, and nothing fires
  threshold: usize; // f32 for each output channel, rounded up to 8 by NaN, which nothing reaches
  leak: usize; // f32 for each output channel, rounded up to 8
  counter: usize; // i32 to which the number of spikes is added
  continues: i32; // 1: goes on from the membrane
  reset: i32; // as f32_lif
  resetValue: f32;
  inclusive: i32;
  plain: i32; // 1: no residual and no clamp, fires above the threshold and takes that off
}

/** First output pixel of the step that is computed, and spikes of the call so far. Threads have instances of their own. */
let stepFirst: i32 = 0;
let spikes: i32 = 0;

export function beginFiring(): void {
  spikes = 0;
}

@inline
export function beginStep(pixel: i32): void {
  stepFirst = pixel;
}

export function endFiring(p: FiringConvolutionParameters): void {
  if (p.membrane) count(p.counter, spikes);
}

/** Neurons of 8 channels of one pixel: the residual and the clamp as without neurons, then a step of f32_lif. */
function fire(p: FiringConvolutionParameters, pixel: i32, channel: i32, low: v128, high: v128): void {
  const lanes = p.outChannels - channel;
  if (p.residual) {
    const residual = p.residual + (<usize>(pixel * p.residualStride + channel) << 2);
    low = f32x4.add(low, v128.load(residual));
    if (lanes > 4) high = f32x4.add(high, v128.load(residual, 16));
  }
  low = clamp(low, f32x4.splat(p.minimum), f32x4.splat(p.maximum));
  high = clamp(high, f32x4.splat(p.minimum), f32x4.splat(p.maximum));
  const membrane = p.membrane + (<usize>((pixel - stepFirst) * ((p.outChannels + 7) & -8) + channel) << 2);
  const parameter = <usize>channel << 2;
  let ul = f32x4.splat(0), uh = ul;
  if (stepFirst > 0 || p.continues) {
    ul = v128.load(membrane);
    uh = v128.load(membrane, 16);
  }
  ul = f32x4.add(f32x4.mul(v128.load(p.leak + parameter), ul), low);
  uh = f32x4.add(f32x4.mul(v128.load(p.leak + parameter, 16), uh), high);
  const tl = v128.load(p.threshold + parameter), th = v128.load(p.threshold + parameter, 16);
  const fl = firesAt(ul, tl, p.inclusive), fh = firesAt(uh, th, p.inclusive);
  v128.store(membrane, resetWhere(p.reset, p.resetValue, fl, ul, tl));
  v128.store(membrane, resetWhere(p.reset, p.resetValue, fh, uh, th), 16);
  const words = i16x8.narrow_i32x4_s(fl, fh);
  spikes += popcnt(i16x8.bitmask(words));
  const bytes = v128.and(i8x16.narrow_i16x8_s(words, words), i8x16.splat(1));
  const target = p.output + <usize>(pixel * p.outputStride + channel);
  if (lanes >= 8) v128.store64_lane(target, bytes, 0);
  else storeBytes(target, bytes, lanes);
}

/**
 * The same where p.plain, with what the pixels of a tile have in common given: `kept` is 0 in a first step. Gives the
 * spikes as -1 in lanes of 16 bits.
 */
@inline
function firePlain(
  membrane: usize, target: usize, lanes: i32, low: v128, high: v128,
  kept: v128, ll: v128, lh: v128, tl: v128, th: v128,
): v128 {
  const ul = f32x4.add(f32x4.mul(ll, v128.and(v128.load(membrane), kept)), low);
  const uh = f32x4.add(f32x4.mul(lh, v128.and(v128.load(membrane, 16), kept)), high);
  const fl = f32x4.gt(ul, tl), fh = f32x4.gt(uh, th);
  v128.store(membrane, f32x4.sub(ul, v128.and(tl, fl)));
  v128.store(membrane, f32x4.sub(uh, v128.and(th, fh)), 16);
  const words = i16x8.narrow_i32x4_s(fl, fh);
  const bytes = i8x16.abs(i8x16.narrow_i16x8_s(words, words));
  if (lanes >= 8) v128.store64_lane(target, bytes, 0);
  else storeBytes(target, bytes, lanes);
  return words;
}

@inline
function firePlainTile(
  p: FiringConvolutionParameters, pixel: i32, end: i32, channel: i32, rows: i32,
  c0l: v128, c0h: v128, c1l: v128, c1h: v128, c2l: v128, c2h: v128,
  c3l: v128, c3h: v128, c4l: v128, c4h: v128, c5l: v128, c5h: v128,
): void {
  const pitch = <usize>((p.outChannels + 7) & -8) << 2, step = <usize>p.outputStride, lanes = p.outChannels - channel;
  const parameter = <usize>channel << 2;
  const ll = v128.load(p.leak + parameter), lh = v128.load(p.leak + parameter, 16);
  const tl = v128.load(p.threshold + parameter), th = v128.load(p.threshold + parameter, 16);
  const kept = i32x4.splat(stepFirst > 0 || p.continues ? -1 : 0);
  let u = p.membrane + <usize>(pixel - stepFirst) * pitch + parameter;
  let s = p.output + <usize>pixel * step + channel;
  let fired = firePlain(u, s, lanes, c0l, c0h, kept, ll, lh, tl, th);
  if (pixel + 1 < end) fired = i16x8.add(fired, firePlain(u += pitch, s += step, lanes, c1l, c1h, kept, ll, lh, tl, th));
  if (pixel + 2 < end) fired = i16x8.add(fired, firePlain(u += pitch, s += step, lanes, c2l, c2h, kept, ll, lh, tl, th));
  if (pixel + 3 < end) fired = i16x8.add(fired, firePlain(u += pitch, s += step, lanes, c3l, c3h, kept, ll, lh, tl, th));
  if (rows > 4) {
    if (pixel + 4 < end) fired = i16x8.add(fired, firePlain(u += pitch, s += step, lanes, c4l, c4h, kept, ll, lh, tl, th));
    if (pixel + 5 < end) fired = i16x8.add(fired, firePlain(u += pitch, s += step, lanes, c5l, c5h, kept, ll, lh, tl, th));
  }
  spikes -= laneSum(i32x4.dot_i16x8_s(fired, i16x8.splat(1)));
}

/** 8 channels of one pixel, for neurons or to be stored. */
@inline
export function finishFiringPixel(
  p: FiringConvolutionParameters, pixel: i32, channel: i32, low: v128, high: v128,
): void {
  if (!p.membrane) finishFloatPixel(p, pixel, channel, low, high);
  else if (p.plain) firePlainTile(p, pixel, pixel + 1, channel, 1, low, high, low, high, low, high, low, high, low, high, low, high);
  else fire(p, pixel, channel, low, high);
}

/** The same for a tile of `rows` pixels from `pixel`, of which those before `end` are finished. */
@inline
export function finishFiringTile(
  p: FiringConvolutionParameters, pixel: i32, end: i32, channel: i32, rows: i32,
  c0l: v128, c0h: v128, c1l: v128, c1h: v128, c2l: v128, c2h: v128,
  c3l: v128, c3h: v128, c4l: v128, c4h: v128, c5l: v128, c5h: v128,
): void {
  if (!p.membrane) {
    finishFloatTile(p, pixel, end, channel, rows, c0l, c0h, c1l, c1h, c2l, c2h, c3l, c3h, c4l, c4h, c5l, c5h);
    return;
  }
  if (p.plain) {
    firePlainTile(p, pixel, end, channel, rows, c0l, c0h, c1l, c1h, c2l, c2h, c3l, c3h, c4l, c4h, c5l, c5h);
    return;
  }
  fire(p, pixel, channel, c0l, c0h);
  if (pixel + 1 < end) fire(p, pixel + 1, channel, c1l, c1h);
  if (pixel + 2 < end) fire(p, pixel + 2, channel, c2l, c2h);
  if (pixel + 3 < end) fire(p, pixel + 3, channel, c3l, c3h);
  if (rows > 4) {
    if (pixel + 4 < end) fire(p, pixel + 4, channel, c4l, c4h);
    if (pixel + 5 < end) fire(p, pixel + 5, channel, c5l, c5h);
  }
}
