import { unzlibSync } from 'fflate';
import type { Filters } from 'jsfive';

const least = 1 << 22;
const ofOneRead = 64;
const perByte = 8;

/**
 * The bytes of an HDF5 file, which count what is read of them: a damaged file whose parts refer to each other in a
 * circle would otherwise be read forever. The library takes a `slice` of whatever it follows.
 */
export class CountedBytes extends ArrayBuffer {
  #left: number;

  constructor(bytes: Uint8Array) {
    super(bytes.length);
    new Uint8Array(this).set(bytes);
    this.#left = least + perByte * bytes.length;
  }

  static override get [Symbol.species](): ArrayBufferConstructor {
    return ArrayBuffer;
  }

  override slice(begin = 0, end = this.byteLength): ArrayBuffer {
    this.#left -= ofOneRead + Math.max(0, Math.min(end, this.byteLength) - begin);
    if (this.#left < 0) throw new Error('it refers to the same places again and again');
    return super.slice(begin, end);
  }
}

const deflate = 1;
const checksumBytes = 4;

/** The checksum that ends zlib data. */
function adler32(bytes: Uint8Array): number {
  let [low, high] = [1, 0];
  for (let i = 0; i < bytes.length; i++) {
    low = (low + (bytes[i] ?? 0)) % 65521;
    high = (high + low) % 65521;
  }
  return high * 65536 + low;
}

/** Unpacks one chunk of zlib data. Throws if it is damaged or more than `atMost` bytes. */
function unpackChunk(packed: Uint8Array, atMost: number): ArrayBuffer {
  // One byte more than allowed tells what is too long; the decoder writes nothing behind its room.
  const data = unzlibSync(packed, { out: new Uint8Array(atMost + 1) });
  if (data.length > atMost) throw new Error('a chunk unpacks to more than it holds');
  const end = new DataView(packed.buffer, packed.byteOffset + packed.length - checksumBytes);
  if (end.getUint32(0) !== adler32(data)) throw new Error('a chunk is damaged: its checksum does not match');
  return data.slice().buffer;
}

/** Reads with a decoder that unpacks no more than `chunkBytes` of each chunk, whatever it holds. */
export function withBoundedInflate<Result>(
  filters: typeof Filters,
  chunkBytes: number,
  read: () => Result,
): Result {
  const own = filters.get(deflate);
  // A chunk may carry a checksum of HDF5's own inside.
  filters.set(deflate, (packed) => unpackChunk(new Uint8Array(packed), chunkBytes + checksumBytes));
  try {
    return read();
  } finally {
    if (own) filters.set(deflate, own);
  }
}
