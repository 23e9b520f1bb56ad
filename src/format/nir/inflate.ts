import { Unzlib } from 'fflate';
import { SpikeletError } from '../../error.js';

/** Bytes unpacked at once: they become at most 1032 times as many. */
const pieceBytes = 4096;

/** Unpacks zlib data. Throws `invalid-model` as soon as there are more than `atMost` bytes of it. */
export function inflate(packed: Uint8Array, atMost: number): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const unpacking = new Unzlib((part) => {
    parts.push(part);
    length += part.length;
  });
  for (let at = 0; at < packed.length; at += pieceBytes) {
    unpacking.push(packed.subarray(at, at + pieceBytes), at + pieceBytes >= packed.length);
    if (length > atMost) {
      throw new SpikeletError(
        'invalid-model',
        `compressed data unpacks to more than the ${atMost} bytes of its chunk`,
      );
    }
  }
  const result = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}
