import { storeWords } from '../../store';

/** Tables have one entry for each row or column of the output: element offsets of two taps, weight of the second. */
@unmanaged
class BilinearParameters {
  input: usize;
  output: usize;
  channels: i32;
  imageStride: i32; // elements of one input image
  outHeight: i32;
  outWidth: i32;
  rows0: usize;
  rows1: usize;
  rowWeights: usize;
  columns0: usize;
  columns1: usize;
  columnWeights: usize;
}

/** a + (b - a) * weight, each step rounded. */
@inline
function mix(a: v128, b: v128, weight: v128): v128 {
  return f32x4.add(a, f32x4.mul(f32x4.sub(b, a), weight));
}

/**
 * Bilinear resize of a channels-last f32 image. A unit is one row of output pixels.
 *
 *     mix(a, b, w) = f32(a + f32(f32(b - a) * w))
 *     upper = mix(input[rows0[y] + columns0[x] + c], input[rows0[y] + columns1[x] + c], columnWeights[x])
 *     lower = mix(input[rows1[y] + columns0[x] + c], input[rows1[y] + columns1[x] + c], columnWeights[x])
 *     output[y, x, c] = mix(upper, lower, rowWeights[y])
 */
export function f32_resize_bilinear(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<BilinearParameters>(parameters);
  const channels = p.channels;
  for (let unit = begin; unit < end; unit++) {
    const image = unit / p.outHeight;
    const y = (unit - image * p.outHeight) << 2;
    const top = p.input + ((image * p.imageStride + load<i32>(p.rows0 + y)) << 2);
    const bottom = p.input + ((image * p.imageStride + load<i32>(p.rows1 + y)) << 2);
    const rowWeight = v128.load32_splat(p.rowWeights + y);
    let output = p.output + ((unit * p.outWidth * channels) << 2);
    for (let x = 0; x < p.outWidth; x++, output += channels << 2) {
      const left: usize = load<i32>(p.columns0 + (x << 2)) << 2;
      const right: usize = load<i32>(p.columns1 + (x << 2)) << 2;
      const columnWeight = v128.load32_splat(p.columnWeights + (x << 2));
      for (let c = 0; c < channels; c += 4) {
        const at: usize = c << 2;
        const upper = mix(v128.load(top + left + at), v128.load(top + right + at), columnWeight);
        const lower = mix(v128.load(bottom + left + at), v128.load(bottom + right + at), columnWeight);
        storeWords(output + at, mix(upper, lower, rowWeight), channels - c);
      }
    }
  }
}
