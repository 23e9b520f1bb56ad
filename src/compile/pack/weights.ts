/** Built variants of the kernels differ in the order of packed weights. */
export type Arithmetic = 'simd' | 'relaxed';

/** Bits in which a kernel stores a weight. */
export type KernelBits = 8 | 4 | 2;

/** Shape of the weights of one convolution as its kernel walks them: [outChannels][segments][segmentLength]. */
export interface WeightShape {
  readonly outChannels: number;
  readonly segments: number;
  /** Elements of a segment that carry weights. */
  readonly segmentLength: number;
}

/** Output channels that share a block of packed weights. */
export const blockChannels = 8;

/** Largest magnitude of a weight that the kernels of so many bits can hold. */
export const largestWeight = { 8: 128, 4: 7, 2: 1 } as const;

/**
 * What the int32 sums of a kernel can hold in units of its results: weights that share a byte are multiplied in its
 * high bits, together with those below them.
 */
const sharedByteFactor = { 4: 16 + 1, 2: 64 + 16 } as const;

/** Whether no sum over `row` weights of so many bits can overflow in its kernel. */
const sumsFit = (bits: 4 | 2, row: number): boolean =>
  row * largestWeight[bits] * 255 * sharedByteFactor[bits] < 2 ** 31;

/** The narrowest kernel that holds these weights, of which `row` belong to an output channel, and their sums. */
export function kernelBitsFor(weights: Int8Array, row: number): KernelBits {
  let bits: KernelBits = sumsFit(2, row) ? 2 : sumsFit(4, row) ? 4 : 8;
  for (let index = 0; index < weights.length && bits < 8; index++) {
    const magnitude = Math.abs(weights[index] ?? 0);
    if (magnitude > largestWeight[4]) return 8;
    if (magnitude > largestWeight[2]) bits = sumsFit(4, row) ? 4 : 8;
  }
  return bits;
}

/** Elements of a segment as the kernel reads them: `segmentLength` rounded up to the depth of its tile. */
export function runLength(segmentLength: number, bits: KernelBits): number {
  return roundUp(segmentLength, bits === 2 ? 8 : 4);
}

/** Bytes that packIntegerWeights returns. */
export function packedIntegerBytes(shape: WeightShape, bits: KernelBits): number {
  const row = shape.segments * runLength(shape.segmentLength, bits);
  return (roundUp(shape.outChannels, blockChannels) * row * bits) / 8;
}

export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
