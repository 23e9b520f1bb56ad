import { FloatConvolutionParameters } from './parameters';

/** accumulator + weights * activations; fused where that is one instruction. */
@inline
export function fma(weights: v128, activations: v128, accumulator: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(weights, activations, accumulator);
  return f32x4.add(accumulator, f32x4.mul(weights, activations));
}

@inline
function clamped(value: v128, p: FloatConvolutionParameters): v128 {
  return f32x4.pmin(f32x4.pmax(value, f32x4.splat(p.minimum)), f32x4.splat(p.maximum));
}

/** Adds the residual if there is one, clamps, and stores up to 8 channels of one pixel. */
@inline
export function storeFloatPixel(p: FloatConvolutionParameters, pixel: i32, channel: i32, low: v128, high: v128): void {
  const lanes = p.outChannels - channel;
  const target = p.output + (<usize>(pixel * p.outputStride + channel) << 2);
  if (p.residual) {
    const residual = p.residual + (<usize>(pixel * p.residualStride + channel) << 2);
    low = f32x4.add(low, v128.load(residual));
    if (lanes > 4) high = f32x4.add(high, v128.load(residual, 16));
  }
  low = clamped(low, p);
  high = clamped(high, p);
  if (lanes >= 8) {
    v128.store(target, low);
    v128.store(target, high, 16);
  } else {
    storeLanes(target, low, high, lanes);
  }
}

function storeLanes(target: usize, low: v128, high: v128, lanes: i32): void {
  if (lanes & 4) {
    v128.store(target, low);
    target += 16;
    low = high;
  }
  if (lanes & 2) {
    v128.store64_lane(target, low, 0);
    target += 8;
    low = i8x16.shuffle(low, low, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
  }
  if (lanes & 1) v128.store32_lane(target, low, 0);
}
