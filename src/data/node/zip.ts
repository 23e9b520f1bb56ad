import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32, inflateRawSync } from 'node:zlib';
import { SpikeletError } from '../../error.js';

/** A file in a zip: where it lies and how it is stored, from the archive's directory. */
interface ZipEntry {
  readonly path: string;
  readonly method: number;
  readonly checksum: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly headerAt: number;
}

/** An open zip archive. Its directory is read at once, its files only when asked for. */
export interface Zip {
  readonly paths: readonly string[];
  read(path: string): Uint8Array;
  close(): void;
}

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;
const endBytes = 22;
const longestComment = 65535;
/** Largest file that is unpacked: a picture or a data batch is far smaller. */
const largestFile = 1 << 29;

/** Opens a zip with stored or deflated files. Throws `invalid-input` for damage, `unsupported` for zip64 and encryption. */
export function openZip(file: string): Zip {
  const descriptor = openSync(file, 'r');
  try {
    const entries = readDirectory(descriptor, file);
    return {
      paths: [...entries.keys()],
      read(path) {
        const entry = entries.get(path);
        if (!entry) throw new SpikeletError('not-found', `holds no '${path}'`, { where: file });
        return readEntry(descriptor, entry, `${file}: ${path}`);
      },
      close: () => closeSync(descriptor),
    };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function readBytes(descriptor: number, at: number, length: number, where: string): Uint8Array {
  const bytes = new Uint8Array(length);
  let read = 0;
  while (read < length) {
    const count = readSync(descriptor, bytes, read, length - read, at + read);
    if (count === 0) {
      throw new SpikeletError('invalid-input', `ends at byte ${at + read}, expected ${at + length}`, {
        where,
      });
    }
    read += count;
  }
  return bytes;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function readDirectory(descriptor: number, file: string): ReadonlyMap<string, ZipEntry> {
  const size = fstatSync(descriptor).size;
  const tailAt = Math.max(0, size - endBytes - longestComment);
  const tail = readBytes(descriptor, tailAt, size - tailAt, file);
  const end = findEnd(tail, file);
  const count = end.getUint16(10, true);
  const length = end.getUint32(12, true);
  const at = end.getUint32(16, true);
  if (count === 0xffff || at === 0xffffffff) {
    throw new SpikeletError('unsupported', 'is a zip64 archive; unpack it and give the folder', {
      where: file,
    });
  }
  if (at + length > size) {
    throw new SpikeletError('invalid-input', 'the zip directory lies beyond the end of the file', {
      where: file,
    });
  }
  return parseDirectory(readBytes(descriptor, at, length, file), count, file);
}

function findEnd(tail: Uint8Array, file: string): DataView {
  const view = viewOf(tail);
  for (let at = tail.length - endBytes; at >= 0; at--) {
    if (view.getUint32(at, true) === endSignature) return viewOf(tail.subarray(at));
  }
  throw new SpikeletError('invalid-input', 'is not a zip archive, or is cut off', { where: file });
}

function parseDirectory(bytes: Uint8Array, count: number, file: string): ReadonlyMap<string, ZipEntry> {
  const view = viewOf(bytes);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== entrySignature) {
      throw new SpikeletError('invalid-input', `entry ${i} of the zip directory is damaged`, { where: file });
    }
    const nameBytes = view.getUint16(at + 28, true);
    const path = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameBytes));
    if ((view.getUint16(at + 8, true) & 1) !== 0) {
      throw new SpikeletError('unsupported', 'is encrypted', { where: `${file}: ${path}` });
    }
    if (!path.endsWith('/')) {
      entries.set(path, {
        path,
        method: view.getUint16(at + 10, true),
        checksum: view.getUint32(at + 16, true),
        packedBytes: view.getUint32(at + 20, true),
        bytes: view.getUint32(at + 24, true),
        headerAt: view.getUint32(at + 42, true),
      });
    }
    at += 46 + nameBytes + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

function readEntry(descriptor: number, entry: ZipEntry, where: string): Uint8Array {
  if (entry.bytes > largestFile || entry.packedBytes > largestFile) {
    throw new SpikeletError('unsupported', `has ${entry.bytes} bytes, more than ${largestFile}`, { where });
  }
  const header = viewOf(readBytes(descriptor, entry.headerAt, 30, where));
  if (header.getUint32(0, true) !== localSignature) {
    throw new SpikeletError('invalid-input', 'the zip entry has no header', { where });
  }
  const at = entry.headerAt + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  const packed = readBytes(descriptor, at, entry.packedBytes, where);
  const bytes = unpack(packed, entry, where);
  if (bytes.length !== entry.bytes || crc32(bytes) !== entry.checksum) {
    throw new SpikeletError('invalid-input', 'the zip entry is damaged: its checksum does not match', {
      where,
    });
  }
  return bytes;
}

function unpack(packed: Uint8Array, { method, bytes }: ZipEntry, where: string): Uint8Array {
  if (method === 0) return packed;
  if (method !== 8) throw new SpikeletError('unsupported', `zip compression method ${method}`, { where });
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, bytes) });
  } catch (cause) {
    throw new SpikeletError('invalid-input', 'the zip entry is damaged: it cannot be inflated', {
      where,
      cause,
    });
  }
}
