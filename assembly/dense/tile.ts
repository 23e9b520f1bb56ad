import { finishFloatTile } from './finish_f32';
import { finishRealTile } from './finish_real';
import { finishTile } from './finish_u8';
import {
  ConvolutionParameters, FloatConvolutionParameters, IntegerConvolutionParameters, patch, RealConvolutionParameters,
} from './parameters';
import { highWeights, INT2, lowWeights, mac, stepBytes, stepLength } from './weights';

/** Sums of four channels to start with. The bias of integers follows, when narrow weights have been set apart. */
@inline
function firstSums<T>(p: ConvolutionParameters, channel: i32): v128 {
  return isFloat<T>() ? v128.load(p.bias + (<usize>channel << 2)) : i32x4.splat(0);
}

/**
 * Up to `rows` (6 or 4) pixels from `pixel`, 8 channels from `channel`. Pixels from `end` on repeat the last one and are
 * not stored. `rows`, `bits`, T, the type of the sums (i32 or f32), and R, that of the results (bool: spikes
 * where neurons follow, else f32), are known at compile time.
 *
 * Every pair of steps touches `ahead`, weights that will be needed soon, and moves on in them by `aheadStride` bytes.
 *
 * Long, because the sums have to stay in registers: a function could return no more than one of them.
 */
@inline
export function tile<T, R>(
  p: ConvolutionParameters, pixel: i32, end: i32, channel: i32, weights: usize, ahead: usize, aheadStride: usize,
  rows: i32, bits: i32,
): void {
  const last = end - 1;
  const row0 = patch(p, pixel), row1 = patch(p, min(pixel + 1, last));
  const row2 = patch(p, min(pixel + 2, last)), row3 = patch(p, min(pixel + 3, last));
  const row4 = rows > 4 ? patch(p, min(pixel + 4, last)) : 0;
  const row5 = rows > 4 ? patch(p, min(pixel + 5, last)) : 0;
  let c0l = firstSums<T>(p, channel), c0h = firstSums<T>(p, channel + 4);
  let c1l = c0l, c1h = c0h, c2l = c0l, c2h = c0h, c3l = c0l, c3h = c0h, c4l = c0l, c4h = c0h, c5l = c0l, c5h = c0h;
  let again = weights;
  const segmentEnd = p.segmentOffsets + (<usize>p.segments << 2);
  for (let segment = p.segmentOffsets; segment < segmentEnd; segment += 4) {
    const offset = load<u32>(segment);
    let a0 = row0 + offset, a1 = row1 + offset, a2 = row2 + offset;
    let a3 = row3 + offset, a4 = row4 + offset, a5 = row5 + offset;
    const stop = a0 + p.run * (4 / stepLength<T>());
    while (a0 + 8 <= stop) {
      let wl = lowWeights<T>(weights, again, 0, bits);
      let wh = highWeights<T>(weights, wl, 0, bits);
      let x = v128.load_splat<i32>(a0); c0l = mac<T>(wl, x, c0l); c0h = mac<T>(wh, x, c0h);
      x = v128.load_splat<i32>(a1); c1l = mac<T>(wl, x, c1l); c1h = mac<T>(wh, x, c1h);
      x = v128.load_splat<i32>(a2); c2l = mac<T>(wl, x, c2l); c2h = mac<T>(wh, x, c2h);
      x = v128.load_splat<i32>(a3); c3l = mac<T>(wl, x, c3l); c3h = mac<T>(wh, x, c3h);
      if (rows > 4) { x = v128.load_splat<i32>(a4); c4l = mac<T>(wl, x, c4l); c4h = mac<T>(wh, x, c4h); }
      if (rows > 4) { x = v128.load_splat<i32>(a5); c5l = mac<T>(wl, x, c5l); c5h = mac<T>(wh, x, c5h); }
      wl = lowWeights<T>(weights, again, 1, bits);
      wh = highWeights<T>(weights, wl, 1, bits);
      x = v128.load_splat<i32>(a0, 4); c0l = mac<T>(wl, x, c0l); c0h = mac<T>(wh, x, c0h);
      x = v128.load_splat<i32>(a1, 4); c1l = mac<T>(wl, x, c1l); c1h = mac<T>(wh, x, c1h);
      x = v128.load_splat<i32>(a2, 4); c2l = mac<T>(wl, x, c2l); c2h = mac<T>(wh, x, c2h);
      x = v128.load_splat<i32>(a3, 4); c3l = mac<T>(wl, x, c3l); c3h = mac<T>(wh, x, c3h);
      if (rows > 4) { x = v128.load_splat<i32>(a4, 4); c4l = mac<T>(wl, x, c4l); c4h = mac<T>(wh, x, c4h); }
      if (rows > 4) { x = v128.load_splat<i32>(a5, 4); c5l = mac<T>(wl, x, c5l); c5h = mac<T>(wh, x, c5h); }
      a0 += 8; a1 += 8; a2 += 8; a3 += 8;
      if (rows > 4) { a4 += 8; a5 += 8; }
      weights += 2 * stepBytes<T>(bits);
      load<i32>(ahead);
      ahead += aheadStride;
      if (bits == INT2) again += 2 * stepBytes<T>(bits);
    }
    if (bits != INT2 && a0 < stop) {
      const wl = lowWeights<T>(weights, weights, 0, bits);
      const wh = highWeights<T>(weights, wl, 0, bits);
      let x = v128.load_splat<i32>(a0); c0l = mac<T>(wl, x, c0l); c0h = mac<T>(wh, x, c0h);
      x = v128.load_splat<i32>(a1); c1l = mac<T>(wl, x, c1l); c1h = mac<T>(wh, x, c1h);
      x = v128.load_splat<i32>(a2); c2l = mac<T>(wl, x, c2l); c2h = mac<T>(wh, x, c2h);
      x = v128.load_splat<i32>(a3); c3l = mac<T>(wl, x, c3l); c3h = mac<T>(wh, x, c3h);
      if (rows > 4) { x = v128.load_splat<i32>(a4); c4l = mac<T>(wl, x, c4l); c4h = mac<T>(wh, x, c4h); }
      if (rows > 4) { x = v128.load_splat<i32>(a5); c5l = mac<T>(wl, x, c5l); c5h = mac<T>(wh, x, c5h); }
      weights += stepBytes<T>(bits);
    }
  }
  if (isFloat<T>()) {
    const f = changetype<FloatConvolutionParameters>(p);
    finishFloatTile(f, pixel, end, channel, rows, c0l, c0h, c1l, c1h, c2l, c2h, c3l, c3h, c4l, c4h, c5l, c5h);
  } else if (isFloat<R>() || isBoolean<R>()) {
    const r = changetype<RealConvolutionParameters>(p);
    finishRealTile<R>(r, pixel, end, channel, rows, bits, c0l, c0h, c1l, c1h, c2l, c2h, c3l, c3h, c4l, c4h, c5l, c5h);
  } else {
    const i = changetype<IntegerConvolutionParameters>(p);
    finishTile(i, pixel, end, channel, rows, bits, c0l, c0h, c1l, c1h, c2l, c2h, c3l, c3h, c4l, c4h, c5l, c5h);
  }
}
