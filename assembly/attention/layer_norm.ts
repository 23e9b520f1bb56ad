import { sumOfLanes, withinCount } from '../lanes';
import { bound, narrow, requantize, roundingFrom, zeroPointOffset } from '../quantization';
import { storeBytes, storeWords } from '../store';

@unmanaged
class LayerNormParameters {
  input: usize;
  output: usize;
  scale: usize; // f32 for each element of a row
  bias: usize;
  count: i32; // elements of a row
  epsilon: f32;
}

@unmanaged
class QuantizedLayerNormParameters extends LayerNormParameters {
  inverseScale: f32;
  zeroPoint: i32;
}

/** The mean of a row in all lanes. */
function meanOf(row: usize, count: i32): v128 {
  let sum0 = f32x4.splat(0), sum1 = sum0;
  let i = 0;
  for (; i + 8 <= count; i += 8) {
    sum0 = f32x4.add(sum0, v128.load(row + (<usize>i << 2)));
    sum1 = f32x4.add(sum1, v128.load(row + (<usize>i << 2), 16));
  }
  for (; i < count; i += 4) {
    sum0 = f32x4.add(sum0, v128.and(v128.load(row + (<usize>i << 2)), withinCount(count - i)));
  }
  return f32x4.div(sumOfLanes(f32x4.add(sum0, sum1)), f32x4.splat(<f32>count));
}

@inline
function squared(x: v128, mean: v128): v128 {
  const difference = f32x4.sub(x, mean);
  return f32x4.mul(difference, difference);
}

/** One over the square root of a row's variance plus epsilon, in all lanes. */
function inverseDeviation(row: usize, count: i32, mean: v128, epsilon: f32): v128 {
  let sum0 = f32x4.splat(0), sum1 = sum0;
  let i = 0;
  for (; i + 8 <= count; i += 8) {
    sum0 = f32x4.add(sum0, squared(v128.load(row + (<usize>i << 2)), mean));
    sum1 = f32x4.add(sum1, squared(v128.load(row + (<usize>i << 2), 16), mean));
  }
  for (; i < count; i += 4) {
    sum0 = f32x4.add(sum0, v128.and(squared(v128.load(row + (<usize>i << 2)), mean), withinCount(count - i)));
  }
  const variance = f32x4.div(sumOfLanes(f32x4.add(sum0, sum1)), f32x4.splat(<f32>count));
  return f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(variance, f32x4.splat(epsilon))));
}

@inline
function normalized(p: LayerNormParameters, row: usize, at: usize, mean: v128, factor: v128): v128 {
  const centred = f32x4.mul(f32x4.sub(v128.load(row + at), mean), factor);
  return f32x4.add(f32x4.mul(centred, v128.load(p.scale + at)), v128.load(p.bias + at));
}

/**
 * Layer normalization of rows. A unit is a row.
 *
 *     output[i] = (input[i] - mean) / sqrt(variance + epsilon) * scale[i] + bias[i]
 */
export function f32_layer_norm(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<LayerNormParameters>(parameters);
  const bytes = <usize>p.count << 2;
  for (let unit = begin; unit < end; unit++) {
    const row = p.input + <usize>unit * bytes;
    const output = p.output + <usize>unit * bytes;
    const mean = meanOf(row, p.count);
    const factor = inverseDeviation(row, p.count, mean, p.epsilon);
    for (let at: usize = 0; at < bytes; at += 16) {
      storeWords(output + at, normalized(p, row, at, mean, factor), <i32>(bytes - at) >> 2);
    }
  }
}

/** The same, quantized as u8_quantize does it. */
export function u8_layer_norm(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<QuantizedLayerNormParameters>(parameters);
  const inverseScale = f32x4.splat(p.inverseScale);
  const low = bound(0, p.zeroPoint), high = bound(255, p.zeroPoint);
  const offset = zeroPointOffset(p.zeroPoint);
  const rounding = roundingFrom(offset, p.zeroPoint);
  const bytes = <usize>p.count << 2;
  for (let unit = begin; unit < end; unit++) {
    const row = p.input + <usize>unit * bytes;
    const output = p.output + <usize>(unit * p.count);
    const mean = meanOf(row, p.count);
    const factor = inverseDeviation(row, p.count, mean, p.epsilon);
    for (let at: usize = 0; at < bytes; at += 16) {
      const scaled = f32x4.mul(normalized(p, row, at, mean, factor), inverseScale);
      // NaN becomes 0, and so the zero point.
      const q = requantize(v128.and(scaled, f32x4.eq(scaled, scaled)), low, high, rounding, offset);
      storeBytes(output + (at >> 2), narrow(q, q, q, q), min(4, <i32>(bytes - at) >> 2));
    }
  }
}
