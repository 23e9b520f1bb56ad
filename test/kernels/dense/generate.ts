import fc from 'fast-check';
import type { Convolution } from './reference.js';

export interface Limits {
  readonly channels: number;
  readonly outChannels: number;
  readonly size: number;
  readonly kernel: number;
}

/** Convolutions of all strides, dilations and borders whose output has at least one pixel. */
export function convolutions(limits: Limits): fc.Arbitrary<Convolution> {
  return fc
    .record({
      images: fc.integer({ min: 1, max: 2 }),
      height: fc.integer({ min: 1, max: limits.size }),
      width: fc.integer({ min: 1, max: limits.size }),
      channels: fc.integer({ min: 1, max: limits.channels }),
      outChannels: fc.integer({ min: 1, max: limits.outChannels }),
      kernelHeight: fc.integer({ min: 1, max: limits.kernel }),
      kernelWidth: fc.integer({ min: 1, max: limits.kernel }),
      strideY: fc.integer({ min: 1, max: 3 }),
      strideX: fc.integer({ min: 1, max: 3 }),
      dilationY: fc.integer({ min: 1, max: 2 }),
      dilationX: fc.integer({ min: 1, max: 2 }),
      top: fc.integer({ min: 0, max: 3 }),
      left: fc.integer({ min: 0, max: 3 }),
      bottom: fc.integer({ min: 0, max: 3 }),
      right: fc.integer({ min: 0, max: 3 }),
    })
    .map(({ bottom, right, ...shape }) => {
      const extentY = (shape.kernelHeight - 1) * shape.dilationY + 1;
      const extentX = (shape.kernelWidth - 1) * shape.dilationX + 1;
      const outHeight = Math.floor((shape.height + shape.top + bottom - extentY) / shape.strideY) + 1;
      const outWidth = Math.floor((shape.width + shape.left + right - extentX) / shape.strideX) + 1;
      return { ...shape, outHeight, outWidth };
    })
    .filter((shape) => shape.outHeight > 0 && shape.outWidth > 0);
}

/** Deterministic 32-bit numbers: xorshift from a seed. */
export function random(seed: number): () => number {
  let state = (seed | 0) === 0 ? 0x9e3779b9 : seed | 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** u8 values of which about a quarter are 0 or 255. */
export function activations(length: number, seed: number): Uint8Array {
  const next = random(seed);
  return Uint8Array.from({ length }, () => extreme(next(), 0, 255));
}

/** Weights in -limit..limit (-128..127 for 128) of which about a quarter lie at an end. */
export function integerWeights(length: number, seed: number, limit: number): Int8Array {
  const next = random(seed);
  return Int8Array.from({ length }, () => extreme(next(), -limit, limit === 128 ? 127 : limit));
}

function extreme(bits: number, low: number, high: number): number {
  const choice = bits & 7;
  if (choice === 0) return low;
  if (choice === 1) return high;
  return low + ((bits >>> 3) % (high - low + 1));
}

/** f32 values between -1 and 1. */
export function floats(length: number, seed: number): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length }, () => next() / 2 ** 31 - 1);
}
