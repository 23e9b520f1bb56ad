import { SpikeletError } from '../../error.js';

/** Built variants of the kernels differ in the order of packed weights. */
export type Arithmetic = 'simd' | 'relaxed';

/** Bits that a kernel stores for a weight. */
export type KernelBits = 8 | 4 | 2;

/** Shape of the weights of one convolution as its kernel walks them. */
export interface WeightShape {
  readonly outChannels: number;
  readonly segments: number;
  /** Elements of a segment that carry weights. */
  readonly segmentLength: number;
}

const BLOCK = 8;

/** Largest magnitude of the weights that a kernel of so many bits can hold. */
export const largestWeight = { 8: 128, 4: 7, 2: 1 } as const;

/** The narrowest kernel for these weights; `least` is a lower bound, such as the bits the model asks for. */
export function kernelBitsFor(weights: Int8Array, least: KernelBits = 2): KernelBits {
  const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  for (const bits of [2, 4] as const) if (bits >= least && largest <= largestWeight[bits]) return bits;
  return 8;
}

/** Elements that `run` is a multiple of. */
export function depthOf(bits: KernelBits): number {
  return bits === 2 ? 8 : 4;
}

/** Elements of a segment as the kernel reads them: `segmentLength` rounded up to the kernel's depth. */
export function runLength(segmentLength: number, bits: KernelBits): number {
  return roundUp(segmentLength, depthOf(bits));
}

/** Bytes that packIntegerWeights returns. */
export function packedIntegerBytes(shape: WeightShape, bits: KernelBits): number {
  const run = runLength(shape.segmentLength, bits);
  return (roundUp(shape.outChannels, BLOCK) * shape.segments * run * bits) / 8;
}

/**
 * Packs int8 weights [outChannels][segments][segmentLength] for u8i8_conv, u8i4_conv or u8i2_conv.
 *
 * Blocks of 8 output channels follow each other; channels and elements that do not exist are zero.
 * @throws SpikeletError `weights-out-of-range` when a weight does not fit the bits.
 */
export function packIntegerWeights(
  weights: Int8Array,
  shape: WeightShape,
  bits: KernelBits,
  arithmetic: Arithmetic,
): Uint8Array {
  checkRange(weights, bits);
  const packed = new Uint8Array(packedIntegerBytes(shape, bits));
  forEachByte(shape, bits, arithmetic, (at, places) => {
    const [first = 0, second = 0, third = 0, fourth = 0] = places.map((place) => weights[place] ?? 0);
    if (bits === 8) packed[at] = first;
    else if (bits === 4) packed[at] = 16 * first + second;
    else packed[at] = ((4 * first + second) << 4) | ((4 * third + fourth) & 15);
  });
  return packed;
}

/** The inverse of packIntegerWeights. */
export function unpackIntegerWeights(
  packed: Uint8Array,
  shape: WeightShape,
  bits: KernelBits,
  arithmetic: Arithmetic,
): Int8Array {
  const weights = new Int8Array(shape.outChannels * shape.segments * shape.segmentLength);
  forEachByte(shape, bits, arithmetic, (at, places) => {
    const values = byteValues(packed[at] ?? 0, bits);
    places.forEach((place, index) => {
      if (place >= 0) weights[place] = values[index] ?? 0;
    });
  });
  return weights;
}

/** Signed weights in one packed byte, in the order in which forEachByte names their places. */
function byteValues(byte: number, bits: KernelBits): readonly number[] {
  if (bits === 8) return [signed(byte, 8)];
  if (bits === 4) return splitPair(signed(byte, 8), 4);
  return [...splitPair(signed(byte >> 4, 4), 2), ...splitPair(signed(byte, 4), 2)];
}

/** high and low of pair = high * 2^bits + low with a signed low. */
function splitPair(pair: number, bits: number): readonly [number, number] {
  const low = signed(pair, bits);
  return [(pair - low) >> bits, low];
}

function signed(value: number, bits: number): number {
  return (value << (32 - bits)) >> (32 - bits);
}

/**
 * Calls `visit` for every packed byte with the places in the plain array of the weights it holds, -1 for none:
 * one for 8 bits; channels c and c + 4 for 4 bits; c and c + 4 of a step and of the next step for 2 bits.
 */
function forEachByte(
  shape: WeightShape,
  bits: KernelBits,
  arithmetic: Arithmetic,
  visit: (at: number, places: readonly number[]) => void,
): void {
  const step = arithmetic === 'relaxed' ? 4 : 2;
  const stepsPerVisit = bits === 2 ? 2 : 1;
  const lanes = bits === 8 ? BLOCK : BLOCK / 2;
  const run = runLength(shape.segmentLength, bits);
  const place = (channel: number, segment: number, element: number): number =>
    channel < shape.outChannels && element < shape.segmentLength
      ? (channel * shape.segments + segment) * shape.segmentLength + element
      : -1;
  let at = 0;
  for (let block = 0; block < shape.outChannels; block += BLOCK) {
    for (let segment = 0; segment < shape.segments; segment++) {
      for (let first = 0; first < run; first += step * stepsPerVisit) {
        for (let lane = 0; lane < lanes; lane++) {
          for (let element = first; element < first + step; element++) {
            const places = [place(block + lane, segment, element)];
            if (bits < 8) places.push(place(block + lane + 4, segment, element));
            if (bits === 2) {
              places.push(place(block + lane, segment, element + step));
              places.push(place(block + lane + 4, segment, element + step));
            }
            visit(at++, places);
          }
        }
      }
    }
  }
}

function checkRange(weights: Int8Array, bits: KernelBits): void {
  const limit = largestWeight[bits];
  const at = weights.findIndex((weight) => Math.abs(weight) > limit);
  if (at < 0) return;
  throw new SpikeletError(
    'weights-out-of-range',
    `weight ${at} is ${weights[at]}, but a ${bits}-bit kernel holds -${limit}..${limit}; pack it for more bits`,
  );
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
