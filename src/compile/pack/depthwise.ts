import { depthwiseTaps } from './patches.js';
import { type Arithmetic, blockChannels } from './weights.js';

/** Weights [channels][taps] of a depthwise convolution. */
export interface DepthwiseShape {
  readonly channels: number;
  readonly taps: number;
}

/**
 * Packs int8 weights [channels][taps] for u8_depthwise: blocks of 8 channels, in a block groups of 4 taps. A group
 * holds for each channel its 4 taps (relaxed), or twice for each channel 2 taps (simd). What does not exist is zero.
 */
export function packDepthwiseWeights(
  weights: Int8Array,
  shape: DepthwiseShape,
  arithmetic: Arithmetic,
): Int8Array {
  const packed = new Int8Array(wholeBlocks(shape.channels) * depthwiseTaps(shape.taps));
  forEachWeight(shape, (channel, tap, plain) => {
    packed[integerIndex(channel, tap, shape, arithmetic)] = weights[plain] ?? 0;
  });
  return packed;
}

/** The inverse of packDepthwiseWeights. */
export function unpackDepthwiseWeights(
  packed: Int8Array,
  shape: DepthwiseShape,
  arithmetic: Arithmetic,
): Int8Array {
  const weights = new Int8Array(shape.channels * shape.taps);
  forEachWeight(shape, (channel, tap, plain) => {
    weights[plain] = packed[integerIndex(channel, tap, shape, arithmetic)] ?? 0;
  });
  return weights;
}

/** Packs f32 weights [channels][taps] for f32_depthwise: blocks of 8 channels, tap by tap. */
export function packFloatDepthwiseWeights(weights: Float32Array, shape: DepthwiseShape): Float32Array {
  const packed = new Float32Array(wholeBlocks(shape.channels) * shape.taps);
  forEachWeight(shape, (channel, tap, plain) => {
    packed[floatIndex(channel, tap, shape)] = weights[plain] ?? 0;
  });
  return packed;
}

/** The inverse of packFloatDepthwiseWeights. */
export function unpackFloatDepthwiseWeights(packed: Float32Array, shape: DepthwiseShape): Float32Array {
  const weights = new Float32Array(shape.channels * shape.taps);
  forEachWeight(shape, (channel, tap, plain) => {
    weights[plain] = packed[floatIndex(channel, tap, shape)] ?? 0;
  });
  return weights;
}

function forEachWeight(
  { channels, taps }: DepthwiseShape,
  visit: (channel: number, tap: number, plain: number) => void,
): void {
  for (let channel = 0; channel < channels; channel++) {
    for (let tap = 0; tap < taps; tap++) visit(channel, tap, channel * taps + tap);
  }
}

function integerIndex(channel: number, tap: number, shape: DepthwiseShape, arithmetic: Arithmetic): number {
  const lane = channel % blockChannels;
  const together = arithmetic === 'relaxed' ? 4 : 2;
  const first = (channel - lane) * depthwiseTaps(shape.taps);
  return first + Math.floor(tap / together) * together * blockChannels + lane * together + (tap % together);
}

function floatIndex(channel: number, tap: number, shape: DepthwiseShape): number {
  const lane = channel % blockChannels;
  return (channel - lane) * shape.taps + tap * blockChannels + lane;
}

function wholeBlocks(channels: number): number {
  return Math.ceil(channels / blockChannels) * blockChannels;
}
