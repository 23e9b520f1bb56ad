import type { WeightBits } from '../graph/tensor.js';
import { chooseRiceBits, packRice, riceLength } from './golomb-rice.js';
import { mostFreeWeights, mostWeightsPerByte, type Sparsity, type ValueBits } from './sparse-weights.js';
import { packBits, packedBytes } from './weight-bits.js';

/** Weights as they are stored: all of them, or the ones that are not zero. */
export interface WeightEncoding {
  readonly bytes: number;
  /** None where every weight is stored. */
  readonly sparsity?: Sparsity;
}

/** Bytes that a description of sparse weights adds to the graph's JSON. */
const descriptionBytes = 80;

/** The encoding of integer weights that takes the fewest bytes. */
export function chooseEncoding(weights: Int8Array, bits: WeightBits): WeightEncoding {
  return smallestEncoding(weights, measureValues(weights), bits);
}

/**
 * Bytes that weights take once they are rounded to `bits` bits with as many levels below zero as above, at most: those
 * that are zero now stay so, others may become it.
 */
export function mostBytes(weights: ArrayLike<number>, bits: WeightBits): number {
  let nonZeros = 0;
  for (let i = 0; i < weights.length; i++) if (weights[i] !== 0) nonZeros++;
  return smallestEncoding(weights, { nonZeros, valueBits: bits === 2 ? 1 : bits }, bits).bytes;
}

function smallestEncoding(
  weights: ArrayLike<number>,
  { nonZeros, valueBits }: Pick<Sparsity, 'nonZeros' | 'valueBits'>,
  bits: WeightBits,
): WeightEncoding {
  const dense = packedBytes(weights.length, bits);
  const values = Math.ceil((nonZeros * valueBits) / 8);
  const bitmap = Math.ceil(weights.length / 8) + values;
  // A gap takes a bit at least, and as many more as it has zeros without low bits: no less than a bitmap.
  const gaps = nonZeros * 2 < weights.length ? gapsOf(weights, nonZeros) : undefined;
  const riceBits = gaps ? chooseRiceBits(gaps) : 0;
  const delta = gaps ? Math.ceil(riceLength(gaps, riceBits) / 8) + values : Number.POSITIVE_INFINITY;
  const isReadable = weights.length <= mostFreeWeights + mostWeightsPerByte * delta;
  const least = isReadable ? Math.min(bitmap, delta) : bitmap;
  if (least + descriptionBytes >= dense) return { bytes: dense };
  const sparsity: Sparsity =
    least === bitmap
      ? { nonZeros, valueBits, positions: 'bitmap' }
      : { nonZeros, valueBits, positions: 'gaps', riceBits };
  return { bytes: least, sparsity };
}

/** The bytes of weights in an encoding. Every weight must fit in `bits` bits. */
export function encodeWeights(
  weights: Int8Array,
  bits: WeightBits,
  { bytes, sparsity }: WeightEncoding,
): Uint8Array {
  if (!sparsity) return packBits(weights, bits);
  const values = packValues(
    weights.filter((weight) => weight !== 0),
    sparsity.valueBits,
  );
  const positions =
    sparsity.positions === 'bitmap'
      ? packBitmap(weights)
      : packRice(gapsOf(weights, sparsity.nonZeros), sparsity.riceBits);
  const stored = new Uint8Array(bytes);
  stored.set(positions);
  stored.set(values, positions.length);
  return stored;
}

function measureValues(weights: Int8Array): Pick<Sparsity, 'nonZeros' | 'valueBits'> {
  let nonZeros = 0;
  let least = 0;
  let greatest = 0;
  for (const weight of weights) {
    if (weight === 0) continue;
    nonZeros++;
    if (weight < least) least = weight;
    else if (weight > greatest) greatest = weight;
  }
  if (least >= -1 && greatest <= 1) return { nonZeros, valueBits: 1 };
  const fits = (bits: WeightBits): boolean => least >= -(2 ** (bits - 1)) && greatest < 2 ** (bits - 1);
  return { nonZeros, valueBits: ([2, 3, 4, 5, 6, 7] as const).find(fits) ?? 8 };
}

function gapsOf(weights: ArrayLike<number>, nonZeros: number): Uint32Array {
  const gaps = new Uint32Array(nonZeros);
  let found = 0;
  let last = -1;
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] === 0) continue;
    gaps[found++] = i - last - 1;
    last = i;
  }
  return gaps;
}

function packBitmap(weights: Int8Array): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(weights.length / 8));
  for (let i = 0; i < weights.length; i++) {
    if (weights[i] !== 0) bitmap[i >> 3] = (bitmap[i >> 3] ?? 0) | (1 << (i & 7));
  }
  return bitmap;
}

function packValues(values: Int8Array, bits: ValueBits): Uint8Array {
  if (bits !== 1) return packBits(values, bits);
  const signs = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, i) => {
    if (value < 0) signs[i >> 3] = (signs[i >> 3] ?? 0) | (1 << (i & 7));
  });
  return signs;
}
