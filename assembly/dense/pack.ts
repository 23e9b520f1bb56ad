import { PackParameters } from './parameters';
import { INT2, INT4, INT8, stepBytes, stepLength } from './weights';

const BLOCK_CHANNELS = 8;

/**
 * Packs int8 weights for u8i8_conv_6x8, u8i4_conv_6x8 or u8i2_conv_6x8, and folds the zero point of the input into
 * the bias. A unit is a block of 8 output channels.
 *
 *     for each output channel o of the block:
 *       bias[o] -= zeroPoint * sum of the channel's weights
 *       element of the packed row: [window][channels], in `segments` runs that zeros fill up to `run`
 */
export function i8_pack_weights(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<PackParameters>(parameters);
  const row = p.segments * p.run;
  const length = p.channels * p.window;
  const blockBytes = <usize>(row / stepLength<i32>() * stepBytes<i32>(p.bits));
  for (let block = begin; block < end; block++) {
    for (let lane = 0; lane < BLOCK_CHANNELS; lane++) {
      const channel = block * BLOCK_CHANNELS + lane;
      const arranged = p.scratch + <usize>(lane * row);
      if (channel < p.outChannels) {
        const source = p.source + <usize>(channel * length);
        arrange(p, source, arranged);
        const bias = p.bias + (<usize>channel << 2);
        store<i32>(bias, load<i32>(bias) - p.zeroPoint * sumOf(source, length));
      } else memory.fill(arranged, 0, row);
    }
    const target = p.weights + <usize>block * blockBytes;
    if (p.bits == INT8) interleave(p.scratch, target, row, INT8);
    else if (p.bits == INT4) interleave(p.scratch, target, row, INT4);
    else interleave(p.scratch, target, row, INT2);
  }
}

/** One output channel from [channels][window] to its runs. */
function arrange(p: PackParameters, source: usize, target: usize): void {
  const whole = p.run * p.segments == p.window * p.channels;
  const segments = whole ? 1 : p.segments;
  const positions = p.window / segments;
  const rest = whole ? 0 : p.run - positions * p.channels;
  for (let segment = 0; segment < segments; segment++) {
    transpose(source, target, p.channels, positions, p.window);
    source += positions;
    target += positions * p.channels;
    memory.fill(target, 0, rest);
    target += rest;
  }
}

/** Bytes [channels][positions], channels `stride` apart, to [positions][channels]. */
@inline
function transpose(source: usize, target: usize, channels: i32, positions: i32, stride: i32): void {
  if (stride == 1) {
    memory.copy(target, source, channels);
    return;
  }
  let channel = 0;
  if (positions >= 4) {
    for (; channel + 4 <= channels; channel += 4) {
      const from = source + channel * stride, to = target + channel;
      for (let position = 0; position + 4 <= positions; position += 4) {
        transposeFour(from + position, stride, to + position * channels, channels);
      }
      if (positions & 3) transposeFour(from + positions - 4, stride, to + (positions - 4) * channels, channels);
    }
  }
  for (let position = 0; position < positions; position++) {
    gather(source + position + channel * stride, target + position * channels + channel, channels - channel, stride);
  }
}

/** Four bytes of four rows to four rows of four bytes. */
@inline
function transposeFour(source: usize, sourceStride: usize, target: usize, targetStride: usize): void {
  let x = v128.load32_zero(source);
  x = v128.load32_lane(source + sourceStride, x, 1);
  x = v128.load32_lane(source + 2 * sourceStride, x, 2);
  x = v128.load32_lane(source + 3 * sourceStride, x, 3);
  x = i8x16.shuffle(x, x, 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  v128.store32_lane(target, x, 0);
  v128.store32_lane(target + targetStride, x, 1);
  v128.store32_lane(target + 2 * targetStride, x, 2);
  v128.store32_lane(target + 3 * targetStride, x, 3);
}

/** Every `stride`-th byte. */
@inline
function gather(source: usize, target: usize, count: i32, stride: i32): void {
  const end = target + count;
  for (; target < end; target++) {
    store<u8>(target, load<u8>(source));
    source += stride;
  }
}

function sumOf(weights: usize, count: i32): i32 {
  const end = weights + count;
  const wholeEnd = weights + (count & ~15);
  let sums = i32x4.splat(0);
  for (; weights < wholeEnd; weights += 16) {
    const pairs = i16x8.extadd_pairwise_i8x16_s(v128.load(weights));
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_s(pairs));
  }
  let sum = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1);
  sum += i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3);
  for (; weights < end; weights++) sum += load<i8>(weights);
  return sum;
}

/** Eight rows of `row` bytes to steps of 8 channels. */
@inline
function interleave(rows: usize, target: usize, row: i32, bits: i32): void {
  const half = <usize>(4 * row);
  const end = rows + row;
  const step = stepLength<i32>();
  while (rows < end) {
    const low = fourChannels(rows, row), high = fourChannels(rows + half, row);
    if (bits == INT8) {
      storeFour(target, low);
      storeFour(target + 4 * step, high);
    } else if (bits == INT4) {
      storeFour(target, i8x16.add(i8x16.shl(low, 4), high));
    } else {
      rows += step;
      const odd = pairs(fourChannels(rows, row), fourChannels(rows + half, row));
      const even = pairs(low, high);
      storeFour(target, v128.or(i8x16.shl(even, 4), v128.and(odd, i8x16.splat(15))));
    }
    rows += step;
    target += bits == INT8 ? 8 * step : 4 * step;
  }
}

/** 4 * low + high in every byte; what leaves the low four bits is noise. */
@inline
function pairs(low: v128, high: v128): v128 {
  return i8x16.add(i8x16.shl(low, 2), high);
}

/** The same step of four rows side by side: 16 bytes, or the low 8 of them. */
@inline
function fourChannels(rows: usize, row: i32): v128 {
  const second = rows + row, third = second + row, fourth = third + row;
  if (ASC_FEATURE_RELAXED_SIMD) {
    const pair = v128.load32_lane(second, v128.load32_zero(rows), 1);
    return v128.load32_lane(fourth, v128.load32_lane(third, pair, 2), 3);
  }
  const pair = v128.load16_lane(second, v128.load16_lane(rows, i64x2.splat(0), 0), 1);
  return v128.load16_lane(fourth, v128.load16_lane(third, pair, 2), 3);
}

@inline
function storeFour(target: usize, words: v128): void {
  if (ASC_FEATURE_RELAXED_SIMD) v128.store(target, words);
  else v128.store64_lane(target, words, 0);
}
