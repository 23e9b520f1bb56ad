import type { WeightBits } from '../graph/tensor.js';

/** Bytes that `count` weights of `bits` bits take. */
export const packedBytes = (count: number, bits: WeightBits): number => Math.ceil((count * bits) / 8);

/**
 * Weights as a little-endian bit stream: element i in bits [i * bits, (i + 1) * bits), two's complement, zero bits
 * at the end. Every weight must fit in `bits` bits.
 */
export function packBits(weights: Int8Array, bits: WeightBits): Uint8Array {
  const packed = new Uint8Array(packedBytes(weights.length, bits));
  const mask = (1 << bits) - 1;
  let window = 0;
  let held = 0;
  let written = 0;
  for (const weight of weights) {
    window |= (weight & mask) << held;
    held += bits;
    if (held >= 8) {
      packed[written++] = window & 0xff;
      window >>>= 8;
      held -= 8;
    }
  }
  if (held > 0) packed[written] = window;
  return packed;
}

/** Weights whose width divides 8: no weight crosses from one byte to the next. */
function unpackWithinBytes(packed: Uint8Array, weights: Int8Array, bits: 2 | 4): void {
  const signShift = 32 - bits;
  const perByte = 8 / bits;
  let written = 0;
  for (let i = 0; i < packed.length; i++) {
    const byte = packed[i] ?? 0;
    for (let j = 0; j < perByte; j++) weights[written++] = (byte << (signShift - j * bits)) >> signShift;
  }
}

function unpackAcrossBytes(packed: Uint8Array, weights: Int8Array, bits: WeightBits): void {
  const mask = (1 << bits) - 1;
  const signShift = 32 - bits;
  let window = 0;
  let held = 0;
  let read = 0;
  for (let i = 0; i < weights.length; i++) {
    if (held < bits) {
      window |= (packed[read++] ?? 0) << held;
      held += 8;
    }
    weights[i] = ((window & mask) << signShift) >> signShift;
    window >>>= bits;
    held -= bits;
  }
}

/** The weights that {@link packBits} stored. `packed` must have `packedBytes(count, bits)` bytes. */
export function unpackBits(packed: Uint8Array, count: number, bits: WeightBits): Int8Array {
  const weights = new Int8Array(count);
  if (bits === 2 || bits === 4) unpackWithinBytes(packed, weights, bits);
  else unpackAcrossBytes(packed, weights, bits);
  return weights;
}
