import { ConvolutionParameters } from './parameters';
import { bound, requantized, roundOffset, storePixel, storeSum } from './requantize';
import { activationBytes, dot, highSum, highWeights, INT2, lowSum, lowWeights, stepBytes } from './weights';

/** Start of a pixel's patch; pixels beyond the last one repeat it. */
@inline
function patch(p: ConvolutionParameters, pixel: i32, end: i32): usize {
  return p.input + load<u32>(p.pixelOffsets + (<usize>min(pixel, end - 1) << 2));
}

// `next` are weights that will be needed soon, `stride` how far a tile moves on in them with every pair of steps.

/** Up to six pixels from `pixel`, 8 channels from `channel`; those from `end` on are computed but not stored. */
@inline
export function tile6(
  p: ConvolutionParameters, pixel: i32, end: i32, channel: i32, weights: usize, next: usize, stride: usize, bits: i32,
): void {
  const row0 = patch(p, pixel, end);
  const row1 = patch(p, pixel + 1, end);
  const row2 = patch(p, pixel + 2, end);
  const row3 = patch(p, pixel + 3, end);
  const row4 = patch(p, pixel + 4, end);
  const row5 = patch(p, pixel + 5, end);
  let c0l = i32x4.splat(0), c0h = i32x4.splat(0);
  let c1l = i32x4.splat(0), c1h = i32x4.splat(0);
  let c2l = i32x4.splat(0), c2h = i32x4.splat(0);
  let c3l = i32x4.splat(0), c3h = i32x4.splat(0);
  let c4l = i32x4.splat(0), c4h = i32x4.splat(0);
  let c5l = i32x4.splat(0), c5h = i32x4.splat(0);
  let again = weights;
  const segmentEnd = p.segmentOffsets + (<usize>p.segments << 2);
  for (let segment = p.segmentOffsets; segment < segmentEnd; segment += 4) {
    const offset = load<u32>(segment);
    let a0 = row0 + offset, a1 = row1 + offset, a2 = row2 + offset;
    let a3 = row3 + offset, a4 = row4 + offset, a5 = row5 + offset;
    const stop = a0 + p.run * activationBytes();
    while (a0 + 8 <= stop) {
      let wl = lowWeights(weights, again, 0, bits);
      let wh = highWeights(weights, wl, 0, bits);
      let x = v128.load_splat<i32>(a0); c0l = dot(wl, x, c0l); c0h = dot(wh, x, c0h);
      x = v128.load_splat<i32>(a1); c1l = dot(wl, x, c1l); c1h = dot(wh, x, c1h);
      x = v128.load_splat<i32>(a2); c2l = dot(wl, x, c2l); c2h = dot(wh, x, c2h);
      x = v128.load_splat<i32>(a3); c3l = dot(wl, x, c3l); c3h = dot(wh, x, c3h);
      x = v128.load_splat<i32>(a4); c4l = dot(wl, x, c4l); c4h = dot(wh, x, c4h);
      x = v128.load_splat<i32>(a5); c5l = dot(wl, x, c5l); c5h = dot(wh, x, c5h);
      wl = lowWeights(weights, again, 1, bits);
      wh = highWeights(weights, wl, 1, bits);
      x = v128.load_splat<i32>(a0, 4); c0l = dot(wl, x, c0l); c0h = dot(wh, x, c0h);
      x = v128.load_splat<i32>(a1, 4); c1l = dot(wl, x, c1l); c1h = dot(wh, x, c1h);
      x = v128.load_splat<i32>(a2, 4); c2l = dot(wl, x, c2l); c2h = dot(wh, x, c2h);
      x = v128.load_splat<i32>(a3, 4); c3l = dot(wl, x, c3l); c3h = dot(wh, x, c3h);
      x = v128.load_splat<i32>(a4, 4); c4l = dot(wl, x, c4l); c4h = dot(wh, x, c4h);
      x = v128.load_splat<i32>(a5, 4); c5l = dot(wl, x, c5l); c5h = dot(wh, x, c5h);
      a0 += 8; a1 += 8; a2 += 8; a3 += 8; a4 += 8; a5 += 8;
      weights += 2 * stepBytes(bits);
      load<i32>(next);
      next += stride;
      if (bits == INT2) again += 2 * stepBytes(bits);
    }
    if (bits != INT2 && a0 < stop) {
      const wl = lowWeights(weights, weights, 0, bits);
      const wh = highWeights(weights, wl, 0, bits);
      let x = v128.load_splat<i32>(a0); c0l = dot(wl, x, c0l); c0h = dot(wh, x, c0h);
      x = v128.load_splat<i32>(a1); c1l = dot(wl, x, c1l); c1h = dot(wh, x, c1h);
      x = v128.load_splat<i32>(a2); c2l = dot(wl, x, c2l); c2h = dot(wh, x, c2h);
      x = v128.load_splat<i32>(a3); c3l = dot(wl, x, c3l); c3h = dot(wh, x, c3h);
      x = v128.load_splat<i32>(a4); c4l = dot(wl, x, c4l); c4h = dot(wh, x, c4h);
      x = v128.load_splat<i32>(a5); c5l = dot(wl, x, c5l); c5h = dot(wh, x, c5h);
      weights += stepBytes(bits);
    }
  }
  const at = <usize>channel << 2;
  const bl = v128.load(p.bias + at), bh = v128.load(p.bias + at, 16);
  const ml = v128.load(p.multiplier + at), mh = v128.load(p.multiplier + at, 16);
  const least = bound(p.minimum, p.zeroPoint), most = bound(p.maximum, p.zeroPoint);
  c0l = requantized(lowSum(c0l, c0h, bits), bl, ml, least, most);
  c0h = requantized(highSum(c0h, bits), bh, mh, least, most);
  c1l = requantized(lowSum(c1l, c1h, bits), bl, ml, least, most);
  c1h = requantized(highSum(c1h, bits), bh, mh, least, most);
  c2l = requantized(lowSum(c2l, c2h, bits), bl, ml, least, most);
  c2h = requantized(highSum(c2h, bits), bh, mh, least, most);
  c3l = requantized(lowSum(c3l, c3h, bits), bl, ml, least, most);
  c3h = requantized(highSum(c3h, bits), bh, mh, least, most);
  c4l = requantized(lowSum(c4l, c4h, bits), bl, ml, least, most);
  c4h = requantized(highSum(c4h, bits), bh, mh, least, most);
  c5l = requantized(lowSum(c5l, c5h, bits), bl, ml, least, most);
  c5h = requantized(highSum(c5h, bits), bh, mh, least, most);
  if (!p.residual) {
    const offset = roundOffset(p.zeroPoint);
    storePixel(p, pixel, channel, c0l, c0h, offset);
    if (pixel + 1 < end) storePixel(p, pixel + 1, channel, c1l, c1h, offset);
    if (pixel + 2 < end) storePixel(p, pixel + 2, channel, c2l, c2h, offset);
    if (pixel + 3 < end) storePixel(p, pixel + 3, channel, c3l, c3h, offset);
    if (pixel + 4 < end) storePixel(p, pixel + 4, channel, c4l, c4h, offset);
    if (pixel + 5 < end) storePixel(p, pixel + 5, channel, c5l, c5h, offset);
    return;
  }
  const lower = bound(p.sumMinimum, p.sumZeroPoint), upper = bound(p.sumMaximum, p.sumZeroPoint);
  const offset = roundOffset(p.sumZeroPoint);
  storeSum(p, pixel, channel, c0l, c0h, lower, upper, offset);
  if (pixel + 1 < end) storeSum(p, pixel + 1, channel, c1l, c1h, lower, upper, offset);
  if (pixel + 2 < end) storeSum(p, pixel + 2, channel, c2l, c2h, lower, upper, offset);
  if (pixel + 3 < end) storeSum(p, pixel + 3, channel, c3l, c3h, lower, upper, offset);
  if (pixel + 4 < end) storeSum(p, pixel + 4, channel, c4l, c4h, lower, upper, offset);
  if (pixel + 5 < end) storeSum(p, pixel + 5, channel, c5l, c5h, lower, upper, offset);
}

/** Up to four pixels from `pixel`, 8 channels from `channel`; those from `end` on are computed but not stored. */
@inline
export function tile4(
  p: ConvolutionParameters, pixel: i32, end: i32, channel: i32, weights: usize, next: usize, stride: usize, bits: i32,
): void {
  const row0 = patch(p, pixel, end);
  const row1 = patch(p, pixel + 1, end);
  const row2 = patch(p, pixel + 2, end);
  const row3 = patch(p, pixel + 3, end);
  let c0l = i32x4.splat(0), c0h = i32x4.splat(0);
  let c1l = i32x4.splat(0), c1h = i32x4.splat(0);
  let c2l = i32x4.splat(0), c2h = i32x4.splat(0);
  let c3l = i32x4.splat(0), c3h = i32x4.splat(0);
  let again = weights;
  const segmentEnd = p.segmentOffsets + (<usize>p.segments << 2);
  for (let segment = p.segmentOffsets; segment < segmentEnd; segment += 4) {
    const offset = load<u32>(segment);
    let a0 = row0 + offset, a1 = row1 + offset, a2 = row2 + offset;
    let a3 = row3 + offset;
    const stop = a0 + p.run * activationBytes();
    while (a0 + 8 <= stop) {
      let wl = lowWeights(weights, again, 0, bits);
      let wh = highWeights(weights, wl, 0, bits);
      let x = v128.load_splat<i32>(a0); c0l = dot(wl, x, c0l); c0h = dot(wh, x, c0h);
      x = v128.load_splat<i32>(a1); c1l = dot(wl, x, c1l); c1h = dot(wh, x, c1h);
      x = v128.load_splat<i32>(a2); c2l = dot(wl, x, c2l); c2h = dot(wh, x, c2h);
      x = v128.load_splat<i32>(a3); c3l = dot(wl, x, c3l); c3h = dot(wh, x, c3h);
      wl = lowWeights(weights, again, 1, bits);
      wh = highWeights(weights, wl, 1, bits);
      x = v128.load_splat<i32>(a0, 4); c0l = dot(wl, x, c0l); c0h = dot(wh, x, c0h);
      x = v128.load_splat<i32>(a1, 4); c1l = dot(wl, x, c1l); c1h = dot(wh, x, c1h);
      x = v128.load_splat<i32>(a2, 4); c2l = dot(wl, x, c2l); c2h = dot(wh, x, c2h);
      x = v128.load_splat<i32>(a3, 4); c3l = dot(wl, x, c3l); c3h = dot(wh, x, c3h);
      a0 += 8; a1 += 8; a2 += 8; a3 += 8;
      weights += 2 * stepBytes(bits);
      load<i32>(next);
      next += stride;
      if (bits == INT2) again += 2 * stepBytes(bits);
    }
    if (bits != INT2 && a0 < stop) {
      const wl = lowWeights(weights, weights, 0, bits);
      const wh = highWeights(weights, wl, 0, bits);
      let x = v128.load_splat<i32>(a0); c0l = dot(wl, x, c0l); c0h = dot(wh, x, c0h);
      x = v128.load_splat<i32>(a1); c1l = dot(wl, x, c1l); c1h = dot(wh, x, c1h);
      x = v128.load_splat<i32>(a2); c2l = dot(wl, x, c2l); c2h = dot(wh, x, c2h);
      x = v128.load_splat<i32>(a3); c3l = dot(wl, x, c3l); c3h = dot(wh, x, c3h);
      weights += stepBytes(bits);
    }
  }
  const at = <usize>channel << 2;
  const bl = v128.load(p.bias + at), bh = v128.load(p.bias + at, 16);
  const ml = v128.load(p.multiplier + at), mh = v128.load(p.multiplier + at, 16);
  const least = bound(p.minimum, p.zeroPoint), most = bound(p.maximum, p.zeroPoint);
  c0l = requantized(lowSum(c0l, c0h, bits), bl, ml, least, most);
  c0h = requantized(highSum(c0h, bits), bh, mh, least, most);
  c1l = requantized(lowSum(c1l, c1h, bits), bl, ml, least, most);
  c1h = requantized(highSum(c1h, bits), bh, mh, least, most);
  c2l = requantized(lowSum(c2l, c2h, bits), bl, ml, least, most);
  c2h = requantized(highSum(c2h, bits), bh, mh, least, most);
  c3l = requantized(lowSum(c3l, c3h, bits), bl, ml, least, most);
  c3h = requantized(highSum(c3h, bits), bh, mh, least, most);
  if (!p.residual) {
    const offset = roundOffset(p.zeroPoint);
    storePixel(p, pixel, channel, c0l, c0h, offset);
    if (pixel + 1 < end) storePixel(p, pixel + 1, channel, c1l, c1h, offset);
    if (pixel + 2 < end) storePixel(p, pixel + 2, channel, c2l, c2h, offset);
    if (pixel + 3 < end) storePixel(p, pixel + 3, channel, c3l, c3h, offset);
    return;
  }
  const lower = bound(p.sumMinimum, p.sumZeroPoint), upper = bound(p.sumMaximum, p.sumZeroPoint);
  const offset = roundOffset(p.sumZeroPoint);
  storeSum(p, pixel, channel, c0l, c0h, lower, upper, offset);
  if (pixel + 1 < end) storeSum(p, pixel + 1, channel, c1l, c1h, lower, upper, offset);
  if (pixel + 2 < end) storeSum(p, pixel + 2, channel, c2l, c2h, lower, upper, offset);
  if (pixel + 3 < end) storeSum(p, pixel + 3, channel, c3l, c3h, lower, upper, offset);
}
