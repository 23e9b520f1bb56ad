import { rejectInput } from '../check.js';
import { codesPerWord, rangeBytes } from './width.js';

type CodeBits = 8 | 6 | 4;

const greatestFloat = 3.4028234663852886e38;

interface Range {
  readonly least: number;
  readonly greatest: number;
}

function rangeOf(values: Float32Array): Range {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (!(Math.abs(value) <= greatestFloat)) {
      rejectInput(`values[${i}]`, `is ${value}: only finite activations can be rounded`);
    }
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return values.length === 0 ? { least: 0, greatest: 0 } : { least, greatest };
}

/** Codes a unit of the values; 0 where all values are equal. */
const density = ({ least, greatest }: Range, levels: number): number =>
  greatest > least ? levels / (greatest - least) : 0;

/** Writes range and codes, little-endian; bits beyond the last code are 0. */
export function writeCodes(values: Float32Array, bits: CodeBits, view: DataView): void {
  const levels = 2 ** bits - 1;
  const perWord = codesPerWord(bits);
  const range = rangeOf(values);
  const scale = density(range, levels);
  view.setFloat32(0, range.least, true);
  view.setFloat32(4, range.greatest, true);
  for (let begin = 0, at = rangeBytes; begin < values.length; begin += perWord, at += 4) {
    const end = Math.min(begin + perWord, values.length);
    let word = 0;
    for (let i = begin, shift = 0; i < end; i++, shift += bits) {
      const code = Math.floor(((values[i] ?? 0) - range.least) * scale + 0.5);
      word |= Math.min(code, levels) << shift;
    }
    view.setUint32(at, word >>> 0, true);
  }
}

function readRange(view: DataView): Range {
  const range = { least: view.getFloat32(0, true), greatest: view.getFloat32(4, true) };
  const isOrdered = Math.abs(range.least) <= greatestFloat && Math.abs(range.greatest) <= greatestFloat;
  if (!isOrdered || range.least > range.greatest) {
    rejectInput('bytes', `hold the range ${range.least} to ${range.greatest}: the message is damaged`);
  }
  return range;
}

/** The values of the codes of one width, by code. */
function valuesOfCodes(range: Range, levels: number): Float32Array {
  const step = (range.greatest - range.least) / levels;
  const values = Float32Array.from({ length: levels + 1 }, (_, code) => range.least + code * step);
  values[levels] = range.greatest;
  return values;
}

/** Reads what {@link writeCodes} wrote. Throws `invalid-input` for a range or bits that it cannot have written. */
export function readCodes(view: DataView, bits: CodeBits, values: Float32Array): void {
  const levels = 2 ** bits - 1;
  const perWord = codesPerWord(bits);
  const table = valuesOfCodes(readRange(view), levels);
  for (let begin = 0, at = rangeBytes; begin < values.length; begin += perWord, at += 4) {
    const word = view.getUint32(at, true);
    const end = Math.min(begin + perWord, values.length);
    for (let i = begin, shift = 0; i < end; i++, shift += bits) {
      values[i] = table[(word >>> shift) & levels] ?? 0;
    }
    const used = bits * (end - begin);
    if (used < 32 && word >>> used !== 0) {
      rejectInput('bytes', `have bits set beyond the last code of the word at ${at}: the message is damaged`);
    }
  }
}
