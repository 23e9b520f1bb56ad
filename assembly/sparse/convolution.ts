import { interleaveHighBytes, interleaveHighPairs, interleaveLowBytes, interleaveLowPairs } from '../lanes';
import { narrow, requantizeUnclamped, roundingFrom, zeroPointOffset } from '../quantization';
import { SparseParameters } from './parameters';

// Weights of an output channel come in words of four. Each pass over them computes 32 or 16 pixels: `wide` and
// `grouped` are known at compile time. Without relaxed SIMD all passes are of 16 pixels: sums of groups occupy two
// registers for 4 pixels, and wide passes of irregular weights gain less than their code costs to download.

/** Output channels of a work unit. */
const CHANNELS = 8;

/** Pixels of the widest pass. */
@inline
const WIDEST: i32 = ASC_FEATURE_RELAXED_SIMD ? 32 : 16;

/** Weights 0 and 1 of a word as i16, or 2 and 3, in every lane; all of them with relaxed SIMD. */
@inline
function weightPair(words: v128, pair: i32): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return words;
  const wide = i16x8.extend_low_i8x16_s(words);
  return pair ? i32x4.shuffle(wide, wide, 1, 1, 1, 1) : i32x4.shuffle(wide, wide, 0, 0, 0, 0);
}

/** Adds 4 pixels' products: `ab` and `cd` hold those of two rows each side by side, 4 pixels in each half. */
@inline
function addLow(sums: v128, w01: v128, w23: v128, ab: v128, cd: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    return i32x4.relaxed_dot_i8x16_i7x16_add_s(w01, interleaveLowPairs(ab, cd), sums);
  }
  const first = i32x4.dot_i16x8_s(w01, i16x8.extend_low_i8x16_u(ab));
  return i32x4.add(sums, i32x4.add(first, i32x4.dot_i16x8_s(w23, i16x8.extend_low_i8x16_u(cd))));
}

@inline
function addHigh(sums: v128, w01: v128, w23: v128, ab: v128, cd: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) {
    return i32x4.relaxed_dot_i8x16_i7x16_add_s(w01, interleaveHighPairs(ab, cd), sums);
  }
  const first = i32x4.dot_i16x8_s(w01, i16x8.extend_high_i8x16_u(ab));
  return i32x4.add(sums, i32x4.add(first, i32x4.dot_i16x8_s(w23, i16x8.extend_high_i8x16_u(cd))));
}

/** Adds the products of one group of 4 channels of 4 pixels, or of the pixels of the lower or upper half only. */
@inline
function addGroup(sums: v128, weights: v128, pixels: v128, half: i32): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(weights, pixels, sums);
  const wide = half ? i16x8.extend_high_i8x16_u(pixels) : i16x8.extend_low_i8x16_u(pixels);
  return i32x4.add(sums, i32x4.dot_i16x8_s(weights, wide));
}

/** The sums of 4 pixels, of which each has two in `low` or `high`. */
@inline
function joinPairs(low: v128, high: v128): v128 {
  return i32x4.add(i32x4.shuffle(low, high, 0, 2, 4, 6), i32x4.shuffle(low, high, 1, 3, 5, 7));
}

@inline
function scaled(sums: v128, bias: v128, multiplier: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.add(sums, bias)), multiplier);
}

/** Requantizes and stores 16 pixels. */
function finish(p: SparseParameters, channel: i32, target: usize, s0: v128, s1: v128, s2: v128, s3: v128): void {
  const at = <usize>channel << 2;
  const bias = v128.load32_splat(p.bias + at), multiplier = v128.load32_splat(p.multiplier + at);
  const least = i8x16.splat(<i8>p.minimum), greatest = i8x16.splat(<i8>p.maximum);
  const offset = zeroPointOffset(p.zeroPoint);
  const rounding = roundingFrom(offset, p.zeroPoint);
  const result = narrow(
    requantizeUnclamped(scaled(s0, bias, multiplier), rounding, offset),
    requantizeUnclamped(scaled(s1, bias, multiplier), rounding, offset),
    requantizeUnclamped(scaled(s2, bias, multiplier), rounding, offset),
    requantizeUnclamped(scaled(s3, bias, multiplier), rounding, offset),
  );
  v128.store(target, i8x16.min_u(i8x16.max_u(result, least), greatest));
}

/** Pixels from `pixel` of one channel whose weights lie in any rows. */
@inline
function irregularPass(p: SparseParameters, channel: i32, pixel: i32, target: usize, wide: bool): void {
  const start = p.starts + (<usize>channel << 2);
  const end = p.weights + (<usize>load<u32>(start, 4) << 2);
  let weights = p.weights + (<usize>load<u32>(start) << 2);
  let rows = p.rows + (<usize>load<u32>(start) << 3);
  let d = p.input + pixel;
  let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  for (; weights < end; weights += 4, rows += 8) {
    const words = v128.load32_splat(weights);
    const w01 = weightPair(words, 0), w23 = weightPair(words, 1);
    const a = d + load<u16>(rows), b = a + load<u16>(rows, 2), c = b + load<u16>(rows, 4);
    d = c + load<u16>(rows, 6);
    let xa = v128.load(a), xb = v128.load(b), xc = v128.load(c), xd = v128.load(d);
    let ab = interleaveLowBytes(xa, xb), cd = interleaveLowBytes(xc, xd);
    s0 = addLow(s0, w01, w23, ab, cd);
    s1 = addHigh(s1, w01, w23, ab, cd);
    ab = interleaveHighBytes(xa, xb), cd = interleaveHighBytes(xc, xd);
    s2 = addLow(s2, w01, w23, ab, cd);
    s3 = addHigh(s3, w01, w23, ab, cd);
    if (wide) {
      xa = v128.load(a, 16), xb = v128.load(b, 16), xc = v128.load(c, 16), xd = v128.load(d, 16);
      ab = interleaveLowBytes(xa, xb), cd = interleaveLowBytes(xc, xd);
      s4 = addLow(s4, w01, w23, ab, cd);
      s5 = addHigh(s5, w01, w23, ab, cd);
      ab = interleaveHighBytes(xa, xb), cd = interleaveHighBytes(xc, xd);
      s6 = addLow(s6, w01, w23, ab, cd);
      s7 = addHigh(s7, w01, w23, ab, cd);
    }
  }
  finish(p, channel, target, s0, s1, s2, s3);
  if (wide) finish(p, channel, target + 16, s4, s5, s6, s7);
}

/** Pixels from `pixel` of one channel whose weights come in groups of 4 channels. */
@inline
function groupedPass(p: SparseParameters, channel: i32, pixel: i32, target: usize, wide: bool): void {
  const start = p.starts + (<usize>channel << 2);
  const end = p.weights + (<usize>load<u32>(start, 4) << 2);
  let weights = p.weights + (<usize>load<u32>(start) << 2);
  let rows = p.rows + (<usize>load<u32>(start) << 1);
  let a = p.input + (<usize>pixel << 2);
  let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  if (!wide && ASC_FEATURE_RELAXED_SIMD) {
    // Two words at once into sums of their own: the latency of additions to four sums would show.
    for (; weights + 8 <= end; weights += 8, rows += 4) {
      let w = v128.load32_splat(weights);
      a += <usize>load<u16>(rows) << 2;
      s0 = addGroup(s0, w, v128.load(a), 0);
      s1 = addGroup(s1, w, v128.load(a, 16), 0);
      s2 = addGroup(s2, w, v128.load(a, 32), 0);
      s3 = addGroup(s3, w, v128.load(a, 48), 0);
      w = v128.load32_splat(weights, 4);
      a += <usize>load<u16>(rows, 2) << 2;
      s4 = addGroup(s4, w, v128.load(a), 0);
      s5 = addGroup(s5, w, v128.load(a, 16), 0);
      s6 = addGroup(s6, w, v128.load(a, 32), 0);
      s7 = addGroup(s7, w, v128.load(a, 48), 0);
    }
    s0 = i32x4.add(s0, s4), s1 = i32x4.add(s1, s5), s2 = i32x4.add(s2, s6), s3 = i32x4.add(s3, s7);
  }
  for (; weights < end; weights += 4, rows += 2) {
    const words = v128.load32_splat(weights);
    const w = ASC_FEATURE_RELAXED_SIMD ? words : i16x8.extend_low_i8x16_s(words);
    a += <usize>load<u16>(rows) << 2;
    if (ASC_FEATURE_RELAXED_SIMD) {
      s0 = addGroup(s0, w, v128.load(a), 0);
      s1 = addGroup(s1, w, v128.load(a, 16), 0);
      s2 = addGroup(s2, w, v128.load(a, 32), 0);
      s3 = addGroup(s3, w, v128.load(a, 48), 0);
      if (wide) {
        s4 = addGroup(s4, w, v128.load(a, 64), 0);
        s5 = addGroup(s5, w, v128.load(a, 80), 0);
        s6 = addGroup(s6, w, v128.load(a, 96), 0);
        s7 = addGroup(s7, w, v128.load(a, 112), 0);
      }
    } else {
      let x = v128.load(a); s0 = addGroup(s0, w, x, 0); s1 = addGroup(s1, w, x, 1);
      x = v128.load(a, 16); s2 = addGroup(s2, w, x, 0); s3 = addGroup(s3, w, x, 1);
      x = v128.load(a, 32); s4 = addGroup(s4, w, x, 0); s5 = addGroup(s5, w, x, 1);
      x = v128.load(a, 48); s6 = addGroup(s6, w, x, 0); s7 = addGroup(s7, w, x, 1);
    }
  }
  if (!ASC_FEATURE_RELAXED_SIMD) {
    s0 = joinPairs(s0, s1), s1 = joinPairs(s2, s3), s2 = joinPairs(s4, s5), s3 = joinPairs(s6, s7);
  }
  finish(p, channel, target, s0, s1, s2, s3);
  if (wide) finish(p, channel, target + 16, s4, s5, s6, s7);
}

// Each pass is a function of its own so that its sums have the registers to themselves.

function irregular32(p: SparseParameters, channel: i32, pixel: i32, target: usize): void {
  irregularPass(p, channel, pixel, target, true);
}

function irregular16(p: SparseParameters, channel: i32, pixel: i32, target: usize): void {
  irregularPass(p, channel, pixel, target, false);
}

function grouped32(p: SparseParameters, channel: i32, pixel: i32, target: usize): void {
  groupedPass(p, channel, pixel, target, true);
}

function grouped16(p: SparseParameters, channel: i32, pixel: i32, target: usize): void {
  groupedPass(p, channel, pixel, target, false);
}

@inline
function convolve(p: SparseParameters, begin: i32, end: i32, grouped: bool): void {
  const blocks = (p.outChannels + CHANNELS - 1) / CHANNELS;
  for (let unit = begin; unit < end; unit++) {
    const first = unit / blocks * p.pixelBlock;
    const last = min(first + p.pixelBlock, p.pixels);
    const channels = min(unit % blocks * CHANNELS + CHANNELS, p.outChannels);
    for (let channel = unit % blocks * CHANNELS; channel < channels; channel++) {
      const plane = p.output + <usize>channel * p.pixels;
      let at = first;
      for (; WIDEST > 16 && at + 32 <= last; at += 32) {
        if (grouped) grouped32(p, channel, at, plane + at);
        else irregular32(p, channel, at, plane + at);
      }
      for (; at < last; at += 16) {
        if (grouped) grouped16(p, channel, at, plane + at);
        else irregular16(p, channel, at, plane + at);
      }
    }
  }
}

/**
 * Convolution of u8 planes with the 8-bit weights that are not zero. Every word of weights has 4 rows. A unit is
 * `pixelBlock` pixels of 8 output channels.
 *
 *     for each output channel c, pixel i: acc = bias[c], row = 0
 *       for starts[c] <= n < starts[c + 1], k < 4:
 *         row += rows[4 * n + k]; acc += input[row + i] * weights[n][k]
 *       output[c][i] = clamp(roundHalfEven(f32(acc) * multiplier[c]) + zeroPoint, minimum, maximum)
 *
 * |acc * multiplier[c]| must stay below 2^22.
 */
export function u8i8_sparse_1x32(parameters: usize, begin: i32, end: i32): void {
  convolve(changetype<SparseParameters>(parameters), begin, end, false);
}

/**
 * As u8i8_sparse_1x32 for weights in groups of 4 input channels, over planes of 4 channels. Every word of weights has
 * one row.
 *
 *       for starts[c] <= n < starts[c + 1]:
 *         row += rows[n]; for k < 4: acc += input[row + i][k] * weights[n][k]
 */
export function u8i8_grouped_1x32(parameters: usize, begin: i32, end: i32): void {
  convolve(changetype<SparseParameters>(parameters), begin, end, true);
}
