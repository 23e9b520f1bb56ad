/** Channels-last pooling; the strides between pixels, in elements, allow slices of wider values. */
@unmanaged
export class PoolParameters {
  input: usize;
  output: usize;
  inHeight: i32;
  inWidth: i32;
  channels: i32;
  inputStride: i32;
  outHeight: i32;
  outWidth: i32;
  outputStride: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  padTop: i32;
  padLeft: i32;
  dilationHeight: i32;
  dilationWidth: i32;
}

@unmanaged
export class AveragePoolParameters extends PoolParameters {
  padBottom: i32;
  padRight: i32;
  countPadding: i32; // 1: positions in the padding count, 0: only those inside the image
}

/** First tap of a window starting at `start` that is not before position 0. */
@inline
export function firstTap(start: i32, dilation: i32): i32 {
  return start < 0 ? (dilation - 1 - start) / dilation : 0;
}

/** Taps of a window starting at `start` that lie before `limit`, at most `taps`. */
@inline
export function tapsBefore(start: i32, limit: i32, taps: i32, dilation: i32): i32 {
  return min(taps, max(0, limit - start + dilation - 1) / dilation);
}

@unmanaged
export class IntegerAveragePoolParameters extends AveragePoolParameters {
  multipliers: usize; // f32 for each count from 0 to kernelHeight * kernelWidth: inputScale / (outputScale * count)
  inputZeroPoint: i32;
  zeroPoint: i32;
  minimum: i32;
  maximum: i32;
}
