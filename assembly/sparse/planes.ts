import { interleaveHighBytes, interleaveLowBytes } from '../lanes';
import { byteBlock } from '../tensor/layout/transpose_matrix';
import { PixelsParameters, PlanesParameters } from './parameters';
import { addResidual } from './residual';

/** Positions and channels of a work unit. */
const POSITIONS = 64;
const CHANNELS = 16;

/** 16 channels of the pixel at a position. */
@inline
function pixel(p: PlanesParameters, position: i32, channel: i32, flip: v128): v128 {
  const offset = load<i32>(p.offsets + (<usize>position << 2));
  return v128.xor(v128.load(offset < 0 ? p.border : p.input + offset + channel), flip);
}

@inline
function storeChannels(target: usize, pitch: usize, value: v128): void {
  v128.store64_lane(target, value, 0);
  v128.store64_lane(target + pitch, value, 1);
}

/** 8 positions of 8 channels, whose bytes of positions 4 apart lie side by side. */
@inline
function storePlanes(target: usize, pitch: usize, p04: v128, p15: v128, p26: v128, p37: v128): void {
  const even0 = interleaveLowBytes(p04, p26), even1 = interleaveHighBytes(p04, p26);
  const odd0 = interleaveLowBytes(p15, p37), odd1 = interleaveHighBytes(p15, p37);
  storeChannels(target, pitch, interleaveLowBytes(even0, odd0));
  storeChannels(target + 2 * pitch, pitch, interleaveHighBytes(even0, odd0));
  storeChannels(target + 4 * pitch, pitch, interleaveLowBytes(even1, odd1));
  storeChannels(target + 6 * pitch, pitch, interleaveHighBytes(even1, odd1));
}

/** 8 positions of 16 channels, each a plane. */
function stageChannels(p: PlanesParameters, at: i32, channel: i32, flip: v128): void {
  const pitch = <usize>p.pitch;
  const target = p.output + <usize>channel * pitch + at;
  const a0 = pixel(p, at, channel, flip), a4 = pixel(p, at + 4, channel, flip);
  const a1 = pixel(p, at + 1, channel, flip), a5 = pixel(p, at + 5, channel, flip);
  const a2 = pixel(p, at + 2, channel, flip), a6 = pixel(p, at + 6, channel, flip);
  const a3 = pixel(p, at + 3, channel, flip), a7 = pixel(p, at + 7, channel, flip);
  storePlanes(
    target, pitch, interleaveLowBytes(a0, a4), interleaveLowBytes(a1, a5),
    interleaveLowBytes(a2, a6), interleaveLowBytes(a3, a7),
  );
  storePlanes(
    target + 8 * pitch, pitch, interleaveHighBytes(a0, a4), interleaveHighBytes(a1, a5),
    interleaveHighBytes(a2, a6), interleaveHighBytes(a3, a7),
  );
}

/** 4 positions of 16 channels, every four a plane. */
function stageGroups(p: PlanesParameters, at: i32, channel: i32, flip: v128): void {
  const pitch = <usize>p.pitch;
  const target = p.output + (<usize>channel >> 2) * pitch + (<usize>at << 2);
  const a0 = pixel(p, at, channel, flip), a1 = pixel(p, at + 1, channel, flip);
  const a2 = pixel(p, at + 2, channel, flip), a3 = pixel(p, at + 3, channel, flip);
  const low0 = i32x4.shuffle(a0, a1, 0, 4, 1, 5), low1 = i32x4.shuffle(a2, a3, 0, 4, 1, 5);
  const high0 = i32x4.shuffle(a0, a1, 2, 6, 3, 7), high1 = i32x4.shuffle(a2, a3, 2, 6, 3, 7);
  v128.store(target, i64x2.shuffle(low0, low1, 0, 2));
  v128.store(target + pitch, i64x2.shuffle(low0, low1, 1, 3));
  v128.store(target + 2 * pitch, i64x2.shuffle(high0, high1, 0, 2));
  v128.store(target + 3 * pitch, i64x2.shuffle(high0, high1, 1, 3));
}

/**
 * Takes pixels apart into planes for the sparse convolutions. The planes' number is rounded up so that they hold a
 * multiple of 16 channels. A unit is 64 positions of 16 channels.
 *
 *     for plane g < channels / group, position i, c < group:
 *       pixel = offsets[i] < 0 ? border : input + offsets[i]
 *       output[g][i][c] = pixel[g * group + c] ^ (flip ? 0x80 : 0)
 */
export function u8_stage_planes(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<PlanesParameters>(parameters);
  const blocks = (p.channels + CHANNELS - 1) / CHANNELS;
  const flip = i8x16.splat(p.flip ? <i8>0x80 : 0);
  for (let unit = begin; unit < end; unit++) {
    const channel = unit % blocks * CHANNELS;
    const first = unit / blocks * POSITIONS;
    const last = min(first + POSITIONS, p.positions);
    if (p.group == 1) for (let at = first; at < last; at += 8) stageChannels(p, at, channel, flip);
    else for (let at = first; at < last; at += 4) stageGroups(p, at, channel, flip);
  }
}

/** Channels c, c + 4, c + 8 and c + 12 of 4 pixels side by side. */
@inline
function everyFourth(plane: usize, pitch: usize): v128 {
  const even = interleaveLowBytes(v128.load32_zero(plane), v128.load32_zero(plane + 8 * pitch));
  const odd = interleaveLowBytes(v128.load32_zero(plane + 4 * pitch), v128.load32_zero(plane + 12 * pitch));
  return interleaveLowBytes(even, odd);
}

/** 4 pixels of 16 channels. */
function storePixels(planes: usize, pitch: usize, target: usize, stride: usize): void {
  const c0 = everyFourth(planes, pitch), c1 = everyFourth(planes + pitch, pitch);
  const c2 = everyFourth(planes + 2 * pitch, pitch), c3 = everyFourth(planes + 3 * pitch, pitch);
  const even0 = interleaveLowBytes(c0, c2), even1 = interleaveHighBytes(c0, c2);
  const odd0 = interleaveLowBytes(c1, c3), odd1 = interleaveHighBytes(c1, c3);
  v128.store(target, interleaveLowBytes(even0, odd0));
  v128.store(target + stride, interleaveHighBytes(even0, odd0));
  v128.store(target + 2 * stride, interleaveLowBytes(even1, odd1));
  v128.store(target + 3 * stride, interleaveHighBytes(even1, odd1));
}

/** `count` pixels of 16 channels. */
function unstageChannels(planes: usize, pitch: usize, target: usize, stride: i32, count: i32): void {
  let x = 0;
  for (; x + 4 <= count; x += 4) {
    storePixels(planes + x, pitch, target + x * stride, stride);
  }
  if (x < count) {
    byteBlock(planes + x, <i32>pitch, target + x * stride, stride, 8, count - x);
    byteBlock(planes + x + 8 * pitch, <i32>pitch, target + x * stride + 8, stride, 8, count - x);
  }
}

/**
 * Puts pixels together from the planes of a sparse convolution and adds a residual, if there is one. A unit is one row.
 *
 *     for row r, x < width, i = r * width + x < pixels, channel c:
 *       own = input[c][rows[r] + x]
 *       sum = f32(f32(own - ownZeroPoint) * ownMultiplier)
 *           + f32(f32(residual[i][c] - residualZeroPoint) * residualMultiplier)
 *       output[i][c] = residual ? clamp(roundHalfEven(sum) + sumZeroPoint, sumMinimum, sumMaximum) : own
 */
export function u8_unstage_planes(parameters: usize, begin: i32, end: i32): void {
  const p = changetype<PixelsParameters>(parameters);
  for (let row = begin; row < end; row++) {
    const first = row * p.width;
    const count = min(p.width, p.pixels - first);
    const source = p.input + load<i32>(p.rows + (<usize>row << 2));
    const target = p.output + <usize>first * p.channels;
    let channel = 0;
    for (; channel + 16 <= p.channels; channel += 16) {
      unstageChannels(source + <usize>channel * p.pitch, p.pitch, target + channel, p.channels, count);
    }
    for (; channel < p.channels; channel += 8) {
      const planes = source + <usize>channel * p.pitch, rest = p.channels - channel;
      for (let x = 0; x < count; x += 8) {
        byteBlock(planes + x, p.pitch, target + x * p.channels + channel, p.channels, rest, count - x);
      }
    }
    if (p.residual) addResidual(p, target, p.residual + <usize>first * p.channels, count * p.channels);
  }
}
