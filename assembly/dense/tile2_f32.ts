import { finishFloatPixel } from './finish_f32';
import { FloatConvolutionParameters, patch } from './parameters';
import { mac } from './weights';

/**
 * As tile, for up to two pixels of f32: four sums are too few to hide how long an addition takes, so that the odd
 * elements have sums of their own.
 */
export function floatTile2(
  p: FloatConvolutionParameters, pixel: i32, end: i32, channel: i32, weights: usize, ahead: usize, aheadStride: usize,
): void {
  const row0 = patch(p, pixel), row1 = patch(p, min(pixel + 1, end - 1));
  const bias = p.bias + (<usize>channel << 2);
  let c0l = v128.load(bias), c0h = v128.load(bias, 16), c1l = c0l, c1h = c0h;
  let d0l = f32x4.splat(0), d0h = d0l, d1l = d0l, d1h = d0l;
  const segmentEnd = p.segmentOffsets + (<usize>p.segments << 2);
  for (let segment = p.segmentOffsets; segment < segmentEnd; segment += 4) {
    const offset = load<u32>(segment);
    let a0 = row0 + offset, a1 = row1 + offset;
    const stop = a0 + (<usize>p.run << 2);
    while (a0 + 8 <= stop) {
      let wl = v128.load(weights);
      let wh = v128.load(weights, 16);
      let x = v128.load_splat<i32>(a0); c0l = mac<f32>(wl, x, c0l); c0h = mac<f32>(wh, x, c0h);
      x = v128.load_splat<i32>(a1); c1l = mac<f32>(wl, x, c1l); c1h = mac<f32>(wh, x, c1h);
      wl = v128.load(weights, 32);
      wh = v128.load(weights, 48);
      x = v128.load_splat<i32>(a0, 4); d0l = mac<f32>(wl, x, d0l); d0h = mac<f32>(wh, x, d0h);
      x = v128.load_splat<i32>(a1, 4); d1l = mac<f32>(wl, x, d1l); d1h = mac<f32>(wh, x, d1h);
      a0 += 8; a1 += 8;
      weights += 64;
      load<i32>(ahead);
      ahead += aheadStride;
    }
    if (a0 < stop) {
      const wl = v128.load(weights);
      const wh = v128.load(weights, 16);
      let x = v128.load_splat<i32>(a0); c0l = mac<f32>(wl, x, c0l); c0h = mac<f32>(wh, x, c0h);
      x = v128.load_splat<i32>(a1); c1l = mac<f32>(wl, x, c1l); c1h = mac<f32>(wh, x, c1h);
      weights += 32;
    }
  }
  finishFloatPixel(p, pixel, channel, f32x4.add(c0l, d0l), f32x4.add(c0h, d0h));
  if (pixel + 1 < end) finishFloatPixel(p, pixel + 1, channel, f32x4.add(c1l, d1l), f32x4.add(c1h, d1h));
}
