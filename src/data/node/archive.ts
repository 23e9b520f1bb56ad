import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SpikeletError } from '../../error.js';
import { readTar } from '../tar.js';
import { checkFile, readWhole } from './whole-file.js';
import { openZip } from './zip.js';

/** Files by path, forward slashes between the parts, read when asked for. */
export interface Archive {
  readonly name: string;
  readonly paths: readonly string[];
  read(path: string): Uint8Array;
  close(): void;
}

/** Largest archive that is unpacked in memory: CIFAR's are below 200 MB. */
const largestUnpacked = 1 << 30;

/** Opens a folder, a zip, a tar or a gzipped tar. Throws `not-found` or `invalid-input`. */
export function openArchive(path: string): Archive {
  if (!existsSync(path)) throw new SpikeletError('not-found', 'no such file or folder', { where: path });
  if (statSync(path).isDirectory()) return folder(path);
  checkFile(path, 'a folder, a zip or a tar archive');
  const start = firstBytes(path);
  if (start[0] === 0x50 && start[1] === 0x4b) return { name: path, ...openZip(path) };
  if (start[0] === 0x1f && start[1] === 0x8b) return tar(path, gunzip(path));
  if (/\.tar$/i.test(path)) return tar(path, readWhole(path));
  throw new SpikeletError('invalid-input', 'is neither a folder, a zip nor a tar archive', { where: path });
}

function firstBytes(path: string): Uint8Array {
  const bytes = new Uint8Array(4);
  const descriptor = openSync(path, 'r');
  readSync(descriptor, bytes);
  closeSync(descriptor);
  return bytes;
}

function gunzip(path: string): Uint8Array {
  const packed = readWhole(path);
  try {
    return gunzipSync(packed, { maxOutputLength: largestUnpacked });
  } catch (cause) {
    throw new SpikeletError('invalid-input', 'cannot be unpacked: the gzip data is damaged or too large', {
      where: path,
      cause,
    });
  }
}

function folder(path: string): Archive {
  const paths = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(path, '/').length))
    .map((file) => file.replaceAll('\\', '/'));
  return { name: path, paths, read: (file) => readWhole(join(path, file)), close: () => undefined };
}

function tar(path: string, bytes: Uint8Array): Archive {
  const files = new Map(readTar(bytes, path).map((file) => [file.path, file.data]));
  return {
    name: path,
    paths: [...files.keys()],
    read(file) {
      const data = files.get(file);
      if (!data) throw new SpikeletError('not-found', `holds no '${file}'`, { where: path });
      return data;
    },
    close: () => files.clear(),
  };
}
