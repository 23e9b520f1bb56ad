import { unzlibSync } from 'fflate';
import type { Filters } from 'jsfive';

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
