import type { WeightBits } from '../graph/tensor.js';
import { mostRiceBits, RiceReader } from './golomb-rice.js';
import { asChoice, asInteger, asObject, field, rejectModel } from './json.js';
import { unpackBits } from './weight-bits.js';

/** Width of a stored non-zero value; 1 where all are +1 (bit 0) or -1 (bit 1), else two's complement. */
export type ValueBits = 1 | WeightBits;

/**
 * How the weights that are not zero are stored: their positions in row-major order, then from the next byte their
 * values as a little-endian bit stream of `valueBits` each. Bits that are left over in the last byte of each are zero.
 */
export type Sparsity = {
  readonly nonZeros: number;
  readonly valueBits: ValueBits;
} & (
  | {
      /** One bit a weight, least significant first, set where it is not zero. */
      readonly positions: 'bitmap';
    }
  | {
      /** The number of zeros before each non-zero weight in the Golomb-Rice code. */
      readonly positions: 'gaps';
      readonly riceBits: number;
    }
);

/** Weights that a stored byte may stand for, and a tensor besides: bounds what a small file unfolds to. */
export const mostWeightsPerByte = 1024;
export const mostFreeWeights = 65_536;

const valueWidths = [1, 2, 3, 4, 5, 6, 7, 8] as const;

const wrongEnd = 'positions or values do not end with its bytes';

/** Reads the description of `count` sparse weights of `bits` bits from untrusted JSON. */
export function asSparsity(value: unknown, count: number, bits: WeightBits, where: string): Sparsity {
  const object = asObject(value, where, ['nonZeros', 'valueBits', 'positions', 'riceBits']);
  const nonZeros = asInteger(field(object, 'nonZeros'), 0, count, `${where} nonZeros`);
  const width = asInteger(field(object, 'valueBits'), 1, bits, `${where} valueBits`);
  const valueBits = valueWidths.find((known) => known === width) ?? bits;
  const positions = asChoice(field(object, 'positions'), ['bitmap', 'gaps'], `${where} positions`);
  const riceBits = field(object, 'riceBits');
  if (positions === 'gaps') {
    const low = asInteger(riceBits, 0, mostRiceBits, `${where} riceBits`);
    return { nonZeros, valueBits, positions, riceBits: low };
  }
  if (riceBits !== undefined) rejectModel(where, 'riceBits belong to gaps, not to a bitmap');
  return { nonZeros, valueBits, positions };
}

/**
 * The weights that `stored` holds. Throws `invalid-model` unless it holds exactly the values described, none of them
 * zero, at positions within `count`, and nothing else. Time and memory are bounded by the size of `stored`.
 */
export function unpackSparse(
  stored: Uint8Array,
  count: number,
  sparsity: Sparsity,
  where: string,
): Int8Array {
  const { nonZeros, valueBits } = sparsity;
  const positionBytes = stored.length - Math.ceil((nonZeros * valueBits) / 8);
  if (positionBytes < 0 || count > mostFreeWeights + mostWeightsPerByte * stored.length) {
    rejectModel(where, `${stored.length} bytes cannot hold ${count} weights, ${nonZeros} of them not zero`);
  }
  const positions = stored.subarray(0, positionBytes);
  const packed = stored.subarray(positionBytes);
  checkEnd(packed, nonZeros * valueBits, where);
  const values = valueBits === 1 ? unpackSigns(packed, nonZeros) : unpackBits(packed, nonZeros, valueBits);
  const zero = values.indexOf(0);
  if (zero >= 0) rejectModel(where, `non-zero value ${zero} is zero`);
  const weights = new Int8Array(count);
  if (sparsity.positions === 'bitmap') placeByBitmap(weights, positions, values, where);
  else placeByGaps(weights, new RiceReader(positions, sparsity.riceBits), values, where);
  return weights;
}

function unpackSigns(packed: Uint8Array, count: number): Int8Array {
  const signs = new Int8Array(count);
  for (let i = 0; i < count; i++) signs[i] = 1 - 2 * (((packed[i >> 3] ?? 0) >> (i & 7)) & 1);
  return signs;
}

/** `bits` bits must reach into the last byte, and what is left of it must be zero. */
function checkEnd(bytes: Uint8Array, bits: number, where: string): void {
  const unused = bits % 8 === 0 ? 0 : (bytes[bytes.length - 1] ?? 0) >> (bits % 8);
  if (bytes.length !== Math.ceil(bits / 8) || unused !== 0) rejectModel(where, wrongEnd);
}

function placeByBitmap(weights: Int8Array, bitmap: Uint8Array, values: Int8Array, where: string): void {
  checkEnd(bitmap, weights.length, where);
  let placed = 0;
  for (let i = 0; i < bitmap.length; i++) {
    for (let byte = bitmap[i] ?? 0; byte !== 0; byte &= byte - 1) {
      weights[i * 8 + 31 - Math.clz32(byte & -byte)] = values[placed++] ?? 0;
    }
  }
  if (placed !== values.length) {
    rejectModel(where, `${placed} positions for ${values.length} values`);
  }
}

function placeByGaps(weights: Int8Array, gaps: RiceReader, values: Int8Array, where: string): void {
  let at = -1;
  for (let i = 0; i < values.length; i++) {
    const gap = gaps.next();
    if (gap < 0) rejectModel(where, wrongEnd);
    at += 1 + gap;
    if (at >= weights.length) rejectModel(where, `position ${at} is beyond ${weights.length} weights`);
    weights[at] = values[i] ?? 0;
  }
  if (!gaps.isAtEnd()) rejectModel(where, wrongEnd);
}
