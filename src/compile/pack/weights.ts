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

/** The narrowest kernel that holds these weights. */
export function kernelBitsFor(weights: Int8Array): KernelBits {
  let bits: KernelBits = 2;
  for (let index = 0; index < weights.length; index++) {
    const magnitude = Math.abs(weights[index] ?? 0);
    if (magnitude > largestWeight[4]) return 8;
    if (magnitude > largestWeight[2]) bits = 4;
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
