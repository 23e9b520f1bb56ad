// What i8_pack_weights does, in plain TypeScript: the reference of its tests, and the inverse.

import { SpikeletError } from '../../error.js';
import {
  type Arithmetic,
  blockChannels,
  type KernelBits,
  kernelBitsFor,
  largestWeight,
  packedIntegerBytes,
  roundUp,
  runLength,
  type WeightShape,
} from './weights.js';

/** Elements that one 32-bit splat of activations covers. */
const stepLength = { relaxed: 4, simd: 2 } as const;

/** Integer weights with the channels of a window position adjacent. */
export interface ArrangedWeights {
  /** [outChannels][window][channels]. */
  readonly data: Int8Array;
  /** Sum of each output channel's weights. */
  readonly sums: Int32Array;
}

/** OIHW to OHWI. */
export function arrangeIntegers(weights: Int8Array, outChannels: number, window: number): ArrangedWeights {
  const patch = weights.length / outChannels;
  const channels = patch / window;
  const data = new Int8Array(weights.length);
  const sums = new Int32Array(outChannels);
  let to = 0;
  for (let o = 0; o < outChannels; o++) {
    let sum = 0;
    for (let position = 0; position < window; position++) {
      const end = to + channels;
      for (let from = o * patch + position; to < end; from += window) {
        const weight = weights[from] as number;
        data[to++] = weight;
        sum = (sum + weight) | 0;
      }
    }
    sums[o] = sum;
  }
  return { data, sums };
}

/**
 * Packs int8 weights for u8i8_conv_6x8, u8i4_conv_6x8 or u8i2_conv_6x8.
 *
 * Blocks of 8 output channels follow each other, in a block the steps of 4 (relaxed) or 2 (simd) elements, in a
 * step its channels. Channels and elements that do not exist are zero. A word of 4-bit weights holds channels c
 * and c + 4, one of 2-bit weights the same of two steps; assembly/dense/weights.ts has the bits.
 * @throws SpikeletError `internal` when a weight does not fit the bits: choose them with kernelBitsFor.
 */
export function packIntegerWeights(
  weights: Int8Array,
  shape: WeightShape,
  bits: KernelBits,
  arithmetic: Arithmetic,
): Uint8Array {
  if (bits < 8 && kernelBitsFor(weights, 1) > bits) {
    const limit = largestWeight[bits];
    throw new SpikeletError(
      'internal',
      `a weight lies outside -${limit}..${limit}, which ${bits} bits can hold`,
    );
  }
  const plain = words(padded(weights, shape, bits), arithmetic);
  const packed = new Uint8Array(packedIntegerBytes(shape, bits));
  const target = words(packed, arithmetic);
  const blocks = Math.ceil(shape.outChannels / blockChannels);
  const steps = plain.length / (blocks * blockChannels);
  for (let block = 0; block < blocks; block++) {
    packBlock(plain, target, { block, steps, bits });
  }
  return packed;
}

interface Block {
  readonly block: number;
  /** Words of one channel. */
  readonly steps: number;
  readonly bits: KernelBits;
}

type Words = Int32Array | Int16Array;

function packBlock(plain: Words, target: Words, { block, steps, bits }: Block): void {
  const from = block * blockChannels * steps;
  const lanes = bits === 8 ? 8 : 4;
  const stride = bits === 2 ? 2 : 1;
  const word = (lane: number, step: number): number => plain[from + lane * steps + step] ?? 0;
  let at = (block * blockChannels * steps * bits) / 8;
  for (let step = 0; step < steps; step += stride) {
    for (let lane = 0; lane < lanes; lane++) {
      if (bits === 8) target[at++] = word(lane, step);
      else if (bits === 4) target[at++] = bytePairs(word(lane, step), word(lane + 4, step));
      else {
        const even = nibblePairs(word(lane, step), word(lane + 4, step));
        target[at++] = (even << 4) | nibblePairs(word(lane, step + 1), word(lane + 4, step + 1));
      }
    }
  }
}

/** 16 * high + low in every byte of a word, without carries from byte to byte. */
function bytePairs(high: number, low: number): number {
  const shifted = (high << 4) & 0xf0f0f0f0;
  return ((shifted & 0x7f7f7f7f) + (low & 0x7f7f7f7f)) ^ ((shifted ^ low) & 0x80808080);
}

/** 4 * high + low in the low four bits of every byte of a word. */
function nibblePairs(high: number, low: number): number {
  return (((high << 2) & 0x0c0c0c0c) + (low & 0x0f0f0f0f)) & 0x0f0f0f0f;
}

/** The weights with whole blocks of channels and whole runs; the same array when they are so already. */
function padded(weights: Int8Array, shape: WeightShape, bits: KernelBits): Int8Array {
  const { outChannels, segments, segmentLength } = shape;
  const run = runLength(segmentLength, bits);
  const length = roundUp(outChannels, blockChannels) * segments * run;
  if (length === weights.length && weights.byteOffset % 4 === 0) return weights;
  const result = new Int8Array(length);
  for (let segment = 0; segment < outChannels * segments; segment++) {
    const first = segment * segmentLength;
    result.set(weights.subarray(first, first + segmentLength), segment * run);
  }
  return result;
}

/** A view of one step per element. */
function words(bytes: Int8Array | Uint8Array, arithmetic: Arithmetic): Words {
  const length = bytes.length / stepLength[arithmetic];
  return arithmetic === 'relaxed'
    ? new Int32Array(bytes.buffer, bytes.byteOffset, length)
    : new Int16Array(bytes.buffer, bytes.byteOffset, length);
}

/** The inverse of packIntegerWeights. */
export function unpackIntegerWeights(
  packed: Uint8Array,
  shape: WeightShape,
  bits: KernelBits,
  arithmetic: Arithmetic,
): Int8Array {
  const { outChannels, segments, segmentLength } = shape;
  const run = runLength(segmentLength, bits);
  const weights = new Int8Array(outChannels * segments * segmentLength);
  for (let channel = 0; channel < outChannels; channel++) {
    for (let segment = 0; segment < segments; segment++) {
      for (let k = 0; k < segmentLength; k++) {
        const value = weightAt(
          packed,
          channel,
          segment * run + k,
          segments * run,
          bits,
          stepLength[arithmetic],
        );
        weights[(channel * segments + segment) * segmentLength + k] = value;
      }
    }
  }
  return weights;
}

/** One weight: `element` counts along a channel's row of `row` elements. */
function weightAt(
  packed: Uint8Array,
  channel: number,
  element: number,
  row: number,
  bits: KernelBits,
  step: number,
): number {
  const block = Math.floor(channel / blockChannels);
  const lane = channel % blockChannels;
  const lanes = bits === 8 ? 8 : 4;
  const word = Math.floor(element / step) >> (bits === 2 ? 1 : 0);
  const at = block * row * bits + (word * lanes + (lane % lanes)) * step + (element % step);
  const byte = packed[at] ?? 0;
  if (bits === 8) return signed(byte, 8);
  if (bits === 4) return half(signed(byte, 8), lane < 4, 4);
  const odd = Math.floor(element / step) % 2 === 1;
  return half(signed(odd ? byte : byte >> 4, 4), lane < 4, 2);
}

/** The high or the low part of pair = high * 2^bits + low, where low is signed. */
function half(pair: number, high: boolean, bits: number): number {
  const low = signed(pair, bits);
  return high ? (pair - low) >> bits : low;
}

function signed(value: number, bits: number): number {
  return (value << (32 - bits)) >> (32 - bits);
}
