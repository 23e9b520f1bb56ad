import { storeBytes, storeWords } from '../lanes';
import { narrow, requantize, ROUNDING, zeroPointOffset } from '../requantize';

/** Tables have one entry for each row or column of the output: element offsets of two taps, weight of the second. */
@unmanaged
class BilinearParameters {
  input: usize;
  output: usize;
  channels: i32;
  /** Elements of one input image. */
  imageStride: i32;
  outHeight: i32;
  outWidth: i32;
  rows0: usize;
  rows1: usize;
  rowWeights: usize;
  columns0: usize;
  columns1: usize;
  columnWeights: usize;
}

/** Four elements as f32. */
// @ts-ignore: decorator
@inline
function load4<T>(pointer: usize): v128 {
  if (isFloat<T>()) return v128.load(pointer);
  const short = i16x8.extend_low_i8x16_u(v128.load32_zero(pointer));
  return f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(short));
}

// @ts-ignore: decorator
@inline
function store4<T>(pointer: usize, value: v128, count: i32): void {
  if (isFloat<T>()) {
    storeWords(pointer, value, count);
  } else {
    const rounded = requantize(value, f32x4.splat(0), f32x4.splat(255), f32x4.splat(ROUNDING), zeroPointOffset(0));
    storeBytes(pointer, narrow(rounded, rounded, rounded, rounded), min(4, count));
  }
}

/** a + (b - a) * weight, each step rounded. */
// @ts-ignore: decorator
@inline
function mix(a: v128, b: v128, weight: v128): v128 {
  return f32x4.add(a, f32x4.mul(f32x4.sub(b, a), weight));
}

function resize<T>(p: BilinearParameters, begin: i32, end: i32): void {
  const channels = p.channels;
  for (let unit = begin; unit < end; unit++) {
    const image = unit / p.outHeight;
    const y = (unit - image * p.outHeight) << 2;
    const top = p.input + ((image * p.imageStride + load<i32>(p.rows0 + y)) << alignof<T>());
    const bottom = p.input + ((image * p.imageStride + load<i32>(p.rows1 + y)) << alignof<T>());
    const rowWeight = v128.load32_splat(p.rowWeights + y);
    let output = p.output + ((unit * p.outWidth * channels) << alignof<T>());
    for (let x = 0; x < p.outWidth; x++, output += channels << alignof<T>()) {
      const left: usize = load<i32>(p.columns0 + (x << 2)) << alignof<T>();
      const right: usize = load<i32>(p.columns1 + (x << 2)) << alignof<T>();
      const columnWeight = v128.load32_splat(p.columnWeights + (x << 2));
      for (let c = 0; c < channels; c += 4) {
        const at: usize = c << alignof<T>();
        const upper = mix(load4<T>(top + left + at), load4<T>(top + right + at), columnWeight);
        const lower = mix(load4<T>(bottom + left + at), load4<T>(bottom + right + at), columnWeight);
        store4<T>(output + at, mix(upper, lower, rowWeight), channels - c);
      }
    }
  }
}

/**
 * Bilinear resize of a channels-last image; the zero point does not matter. A unit is one row of output pixels.
 *
 *     mix(a, b, w) = f32(a + f32(f32(b - a) * w))
 *     upper = mix(input[rows0[y] + columns0[x] + c], input[rows0[y] + columns1[x] + c], columnWeights[x])
 *     lower = mix(input[rows1[y] + columns0[x] + c], input[rows1[y] + columns1[x] + c], columnWeights[x])
 *     output[y, x, c] = roundHalfEven(mix(upper, lower, rowWeights[y]))
 */
export function u8_resize_bilinear(parameters: usize, begin: i32, end: i32): void {
  resize<u8>(changetype<BilinearParameters>(parameters), begin, end);
}

/** The same for f32, without the last rounding. */
export function f32_resize_bilinear(parameters: usize, begin: i32, end: i32): void {
  resize<f32>(changetype<BilinearParameters>(parameters), begin, end);
}
