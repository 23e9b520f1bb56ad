import { fma, storeFloatPixel } from './finish_f32';
import { FloatConvolutionParameters } from './parameters';

/** Start of a pixel's patch; pixels beyond the last one repeat it. */
@inline
function patch(p: FloatConvolutionParameters, pixel: i32, end: i32): usize {
  return p.input + load<u32>(p.pixelOffsets + (<usize>min(pixel, end - 1) << 2));
}

// `next` are weights that will be needed soon, `stride` how far a tile moves on in them with every pair of elements.

/** Up to six pixels from `pixel`, 8 channels from `channel`; those from `end` on are computed but not stored. */
export function floatTile6(
  p: FloatConvolutionParameters, pixel: i32, end: i32, channel: i32, weights: usize, next: usize, stride: usize,
): void {
  const row0 = patch(p, pixel, end);
  const row1 = patch(p, pixel + 1, end);
  const row2 = patch(p, pixel + 2, end);
  const row3 = patch(p, pixel + 3, end);
  const row4 = patch(p, pixel + 4, end);
  const row5 = patch(p, pixel + 5, end);
  const biasLow = v128.load(p.bias + (<usize>channel << 2));
  const biasHigh = v128.load(p.bias + (<usize>channel << 2), 16);
  let c0l = biasLow, c0h = biasHigh;
  let c1l = biasLow, c1h = biasHigh;
  let c2l = biasLow, c2h = biasHigh;
  let c3l = biasLow, c3h = biasHigh;
  let c4l = biasLow, c4h = biasHigh;
  let c5l = biasLow, c5h = biasHigh;
  const segmentEnd = p.segmentOffsets + (<usize>p.segments << 2);
  for (let segment = p.segmentOffsets; segment < segmentEnd; segment += 4) {
    const offset = load<u32>(segment);
    let a0 = row0 + offset, a1 = row1 + offset, a2 = row2 + offset;
    let a3 = row3 + offset, a4 = row4 + offset, a5 = row5 + offset;
    const stop = a0 + (<usize>p.run << 2);
    while (a0 + 8 <= stop) {
      let wl = v128.load(weights);
      let wh = v128.load(weights, 16);
      let x = v128.load_splat<i32>(a0); c0l = fma(wl, x, c0l); c0h = fma(wh, x, c0h);
      x = v128.load_splat<i32>(a1); c1l = fma(wl, x, c1l); c1h = fma(wh, x, c1h);
      x = v128.load_splat<i32>(a2); c2l = fma(wl, x, c2l); c2h = fma(wh, x, c2h);
      x = v128.load_splat<i32>(a3); c3l = fma(wl, x, c3l); c3h = fma(wh, x, c3h);
      x = v128.load_splat<i32>(a4); c4l = fma(wl, x, c4l); c4h = fma(wh, x, c4h);
      x = v128.load_splat<i32>(a5); c5l = fma(wl, x, c5l); c5h = fma(wh, x, c5h);
      wl = v128.load(weights, 32);
      wh = v128.load(weights, 48);
      x = v128.load_splat<i32>(a0, 4); c0l = fma(wl, x, c0l); c0h = fma(wh, x, c0h);
      x = v128.load_splat<i32>(a1, 4); c1l = fma(wl, x, c1l); c1h = fma(wh, x, c1h);
      x = v128.load_splat<i32>(a2, 4); c2l = fma(wl, x, c2l); c2h = fma(wh, x, c2h);
      x = v128.load_splat<i32>(a3, 4); c3l = fma(wl, x, c3l); c3h = fma(wh, x, c3h);
      x = v128.load_splat<i32>(a4, 4); c4l = fma(wl, x, c4l); c4h = fma(wh, x, c4h);
      x = v128.load_splat<i32>(a5, 4); c5l = fma(wl, x, c5l); c5h = fma(wh, x, c5h);
      a0 += 8; a1 += 8; a2 += 8; a3 += 8; a4 += 8; a5 += 8;
      weights += 64;
      load<i32>(next);
      next += stride;
    }
    if (a0 < stop) {
      const wl = v128.load(weights);
      const wh = v128.load(weights, 16);
      let x = v128.load_splat<i32>(a0); c0l = fma(wl, x, c0l); c0h = fma(wh, x, c0h);
      x = v128.load_splat<i32>(a1); c1l = fma(wl, x, c1l); c1h = fma(wh, x, c1h);
      x = v128.load_splat<i32>(a2); c2l = fma(wl, x, c2l); c2h = fma(wh, x, c2h);
      x = v128.load_splat<i32>(a3); c3l = fma(wl, x, c3l); c3h = fma(wh, x, c3h);
      x = v128.load_splat<i32>(a4); c4l = fma(wl, x, c4l); c4h = fma(wh, x, c4h);
      x = v128.load_splat<i32>(a5); c5l = fma(wl, x, c5l); c5h = fma(wh, x, c5h);
      weights += 32;
    }
  }
  storeFloatPixel(p, pixel, channel, c0l, c0h);
  if (pixel + 1 < end) storeFloatPixel(p, pixel + 1, channel, c1l, c1h);
  if (pixel + 2 < end) storeFloatPixel(p, pixel + 2, channel, c2l, c2h);
  if (pixel + 3 < end) storeFloatPixel(p, pixel + 3, channel, c3l, c3h);
  if (pixel + 4 < end) storeFloatPixel(p, pixel + 4, channel, c4l, c4h);
  if (pixel + 5 < end) storeFloatPixel(p, pixel + 5, channel, c5l, c5h);
}

/** Up to four pixels from `pixel`, 8 channels from `channel`; those from `end` on are computed but not stored. */
export function floatTile4(
  p: FloatConvolutionParameters, pixel: i32, end: i32, channel: i32, weights: usize, next: usize, stride: usize,
): void {
  const row0 = patch(p, pixel, end);
  const row1 = patch(p, pixel + 1, end);
  const row2 = patch(p, pixel + 2, end);
  const row3 = patch(p, pixel + 3, end);
  const biasLow = v128.load(p.bias + (<usize>channel << 2));
  const biasHigh = v128.load(p.bias + (<usize>channel << 2), 16);
  let c0l = biasLow, c0h = biasHigh;
  let c1l = biasLow, c1h = biasHigh;
  let c2l = biasLow, c2h = biasHigh;
  let c3l = biasLow, c3h = biasHigh;
  const segmentEnd = p.segmentOffsets + (<usize>p.segments << 2);
  for (let segment = p.segmentOffsets; segment < segmentEnd; segment += 4) {
    const offset = load<u32>(segment);
    let a0 = row0 + offset, a1 = row1 + offset, a2 = row2 + offset;
    let a3 = row3 + offset;
    const stop = a0 + (<usize>p.run << 2);
    while (a0 + 8 <= stop) {
      let wl = v128.load(weights);
      let wh = v128.load(weights, 16);
      let x = v128.load_splat<i32>(a0); c0l = fma(wl, x, c0l); c0h = fma(wh, x, c0h);
      x = v128.load_splat<i32>(a1); c1l = fma(wl, x, c1l); c1h = fma(wh, x, c1h);
      x = v128.load_splat<i32>(a2); c2l = fma(wl, x, c2l); c2h = fma(wh, x, c2h);
      x = v128.load_splat<i32>(a3); c3l = fma(wl, x, c3l); c3h = fma(wh, x, c3h);
      wl = v128.load(weights, 32);
      wh = v128.load(weights, 48);
      x = v128.load_splat<i32>(a0, 4); c0l = fma(wl, x, c0l); c0h = fma(wh, x, c0h);
      x = v128.load_splat<i32>(a1, 4); c1l = fma(wl, x, c1l); c1h = fma(wh, x, c1h);
      x = v128.load_splat<i32>(a2, 4); c2l = fma(wl, x, c2l); c2h = fma(wh, x, c2h);
      x = v128.load_splat<i32>(a3, 4); c3l = fma(wl, x, c3l); c3h = fma(wh, x, c3h);
      a0 += 8; a1 += 8; a2 += 8; a3 += 8;
      weights += 64;
      load<i32>(next);
      next += stride;
    }
    if (a0 < stop) {
      const wl = v128.load(weights);
      const wh = v128.load(weights, 16);
      let x = v128.load_splat<i32>(a0); c0l = fma(wl, x, c0l); c0h = fma(wh, x, c0h);
      x = v128.load_splat<i32>(a1); c1l = fma(wl, x, c1l); c1h = fma(wh, x, c1h);
      x = v128.load_splat<i32>(a2); c2l = fma(wl, x, c2l); c2h = fma(wh, x, c2h);
      x = v128.load_splat<i32>(a3); c3l = fma(wl, x, c3l); c3h = fma(wh, x, c3h);
      weights += 32;
    }
  }
  storeFloatPixel(p, pixel, channel, c0l, c0h);
  if (pixel + 1 < end) storeFloatPixel(p, pixel + 1, channel, c1l, c1h);
  if (pixel + 2 < end) storeFloatPixel(p, pixel + 2, channel, c2l, c2h);
  if (pixel + 3 < end) storeFloatPixel(p, pixel + 3, channel, c3l, c3h);
}

/** Up to two pixels from `pixel`, 8 channels from `channel`; those from `end` on are computed but not stored. */
export function floatTile2(
  p: FloatConvolutionParameters, pixel: i32, end: i32, channel: i32, weights: usize, next: usize, stride: usize,
): void {
  const row0 = patch(p, pixel, end);
  const row1 = patch(p, pixel + 1, end);
  const biasLow = v128.load(p.bias + (<usize>channel << 2));
  const biasHigh = v128.load(p.bias + (<usize>channel << 2), 16);
  let c0l = biasLow, c0h = biasHigh;
  let c1l = biasLow, c1h = biasHigh;
  let d0l = f32x4.splat(0), d0h = f32x4.splat(0);
  let d1l = f32x4.splat(0), d1h = f32x4.splat(0);
  const segmentEnd = p.segmentOffsets + (<usize>p.segments << 2);
  for (let segment = p.segmentOffsets; segment < segmentEnd; segment += 4) {
    const offset = load<u32>(segment);
    let a0 = row0 + offset, a1 = row1 + offset;
    const stop = a0 + (<usize>p.run << 2);
    while (a0 + 8 <= stop) {
      let wl = v128.load(weights);
      let wh = v128.load(weights, 16);
      let x = v128.load_splat<i32>(a0); c0l = fma(wl, x, c0l); c0h = fma(wh, x, c0h);
      x = v128.load_splat<i32>(a1); c1l = fma(wl, x, c1l); c1h = fma(wh, x, c1h);
      wl = v128.load(weights, 32);
      wh = v128.load(weights, 48);
      x = v128.load_splat<i32>(a0, 4); d0l = fma(wl, x, d0l); d0h = fma(wh, x, d0h);
      x = v128.load_splat<i32>(a1, 4); d1l = fma(wl, x, d1l); d1h = fma(wh, x, d1h);
      a0 += 8; a1 += 8;
      weights += 64;
      load<i32>(next);
      next += stride;
    }
    if (a0 < stop) {
      const wl = v128.load(weights);
      const wh = v128.load(weights, 16);
      let x = v128.load_splat<i32>(a0); c0l = fma(wl, x, c0l); c0h = fma(wh, x, c0h);
      x = v128.load_splat<i32>(a1); c1l = fma(wl, x, c1l); c1h = fma(wh, x, c1h);
      weights += 32;
    }
  }
  c0l = f32x4.add(c0l, d0l);
  c0h = f32x4.add(c0h, d0h);
  c1l = f32x4.add(c1l, d1l);
  c1h = f32x4.add(c1h, d1h);
  storeFloatPixel(p, pixel, channel, c0l, c0h);
  if (pixel + 1 < end) storeFloatPixel(p, pixel + 1, channel, c1l, c1h);
}

