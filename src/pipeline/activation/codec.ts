import { checkCount, rejectInput } from '../check.js';
import { readCodes, writeCodes } from './codes.js';
import { readHalves, writeHalves } from './half.js';
import { type CutWidth, cutWidths, encodedBytes, isCutWidth } from './width.js';

function checkWidth(width: CutWidth): void {
  if (!isCutWidth(width)) {
    rejectInput('width', `must be one of ${cutWidths.join(', ')}, got ${String(width)}`);
  }
}

function writeFloats(values: Float32Array, view: DataView): void {
  for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i] ?? 0, true);
}

function readFloats(view: DataView, values: Float32Array): void {
  for (let i = 0; i < values.length; i++) values[i] = view.getFloat32(4 * i, true);
}

/**
 * The bytes that a tensor of one item travels as, all of them little-endian:
 *
 * - `'f32'`: the values.
 * - `'f16'`: the values rounded to the nearest f16, ties to even; 2 bytes of 0 where their number is odd.
 * - `8`, `6`, `4` bits: least and greatest value as f32, then words of 32 bits with `floor(32 / bits)` codes each, the
 *   first in the lowest bits. A code is `floor((value - least) * ((2^bits - 1) / (greatest - least)) + 0.5)`, every
 *   step in f64, so that every machine makes the same bytes.
 *
 * @returns {@link encodedBytes} bytes.
 * @throws SpikeletError `invalid-input` for a value that the width cannot hold: not finite, or beyond f16.
 * @example
 * import { decodeActivation, encodeActivation } from 'spikelet/pipeline';
 *
 * const bytes = encodeActivation(Float32Array.of(-1, 0, 0.5, 1), 8);
 * console.log(bytes.length, decodeActivation(bytes, 8, 4)); // 12, at most 1 / 255 away from what was sent
 */
export function encodeActivation(values: Float32Array, width: CutWidth): Uint8Array {
  checkWidth(width);
  const bytes = new Uint8Array(encodedBytes(values.length, width));
  const view = new DataView(bytes.buffer);
  if (width === 'f32') writeFloats(values, view);
  else if (width === 'f16') writeHalves(values, view);
  else writeCodes(values, width, view);
  return bytes;
}

/**
 * The values of a tensor of `count` elements from the bytes that {@link encodeActivation} made: with codes of `bits`
 * bits at most `(greatest - least) / (2 * (2^bits - 1))` from the original, besides the rounding to f32.
 *
 * @throws SpikeletError `invalid-input` for bytes that no tensor of that many elements is encoded as.
 */
export function decodeActivation(bytes: Uint8Array, width: CutWidth, count: number): Float32Array {
  checkWidth(width);
  checkCount(count, 'count', 0);
  const expected = encodedBytes(count, width);
  if (bytes.length !== expected) {
    rejectInput('bytes', `${count} elements take ${expected} bytes at this width, got ${bytes.length}`);
  }
  const values = new Float32Array(count);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (width === 'f32') readFloats(view, values);
  else if (width === 'f16') readHalves(view, values);
  else readCodes(view, width, values);
  return values;
}
