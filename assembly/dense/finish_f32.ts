import { clamp } from '../lanes';
import { storeWords } from '../store';
import { FloatConvolutionParameters } from './parameters';

/** Adds the residual to 8 channels of one pixel if there is one, clamps, and stores up to 8. */
@inline
export function finishFloatPixel(p: FloatConvolutionParameters, pixel: i32, channel: i32, low: v128, high: v128): void {
  const lanes = p.outChannels - channel;
  const target = p.output + (<usize>(pixel * p.outputStride + channel) << 2);
  if (p.residual) {
    const residual = p.residual + (<usize>(pixel * p.residualStride + channel) << 2);
    low = f32x4.add(low, v128.load(residual));
    if (lanes > 4) high = f32x4.add(high, v128.load(residual, 16));
  }
  low = clamp(low, f32x4.splat(p.minimum), f32x4.splat(p.maximum));
  high = clamp(high, f32x4.splat(p.minimum), f32x4.splat(p.maximum));
  if (lanes >= 8) {
    v128.store(target, low);
    v128.store(target, high, 16);
  } else {
    storeLanes(target, low, high, lanes);
  }
}

function storeLanes(target: usize, low: v128, high: v128, lanes: i32): void {
  storeWords(target, low, lanes);
  if (lanes > 4) storeWords(target + 16, high, lanes - 4);
}

/** The same for a tile of `rows` pixels from `pixel`, of which those before `end` are stored. */
@inline
export function finishFloatTile(
  p: FloatConvolutionParameters, pixel: i32, end: i32, channel: i32, rows: i32,
  c0l: v128, c0h: v128, c1l: v128, c1h: v128, c2l: v128, c2h: v128,
  c3l: v128, c3h: v128, c4l: v128, c4h: v128, c5l: v128, c5h: v128,
): void {
  finishFloatPixel(p, pixel, channel, c0l, c0h);
  if (pixel + 1 < end) finishFloatPixel(p, pixel + 1, channel, c1l, c1h);
  if (pixel + 2 < end) finishFloatPixel(p, pixel + 2, channel, c2l, c2h);
  if (pixel + 3 < end) finishFloatPixel(p, pixel + 3, channel, c3l, c3h);
  if (rows > 4) {
    if (pixel + 4 < end) finishFloatPixel(p, pixel + 4, channel, c4l, c4h);
    if (pixel + 5 < end) finishFloatPixel(p, pixel + 5, channel, c5l, c5h);
  }
}
