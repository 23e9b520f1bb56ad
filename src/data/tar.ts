import { SpikeletError } from '../error.js';

/** A file in a tar archive: a view of the archive's bytes. */
export interface TarFile {
  readonly path: string;
  readonly data: Uint8Array;
}

const block = 512;

/**
 * The regular files of a tar archive (ustar, with GNU and pax long names). Throws `invalid-input` that names the
 * byte offset where the archive is damaged or cut off.
 */
export function readTar(bytes: Uint8Array, name: string): readonly TarFile[] {
  const files: TarFile[] = [];
  let longPath: string | undefined;
  for (let at = 0; at + block <= bytes.length && bytes[at] !== 0; ) {
    const header = bytes.subarray(at, at + block);
    const damaged = (what: string): never => {
      throw new SpikeletError('invalid-input', `${what} at byte ${at}: the tar archive is damaged`, {
        where: name,
      });
    };
    if (!checksumHolds(header)) damaged('no valid entry');
    const size = Number.parseInt(text(header, 124, 12).trim() || '0', 8);
    if (!(size >= 0) || at + block + size > bytes.length) damaged('an entry that reaches beyond the end');
    const data = bytes.subarray(at + block, at + block + size);
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === 'L') longPath = text(data, 0, size);
    else if (type === 'x') longPath = paxPath(data) ?? longPath;
    else {
      if (type === '0' || type === '\0') files.push({ path: longPath ?? shortPath(header), data });
      longPath = undefined;
    }
    at += block + Math.ceil(size / block) * block;
  }
  if (files.length === 0) throw new SpikeletError('invalid-input', 'holds no files', { where: name });
  return files;
}

function text(bytes: Uint8Array, from: number, length: number): string {
  const field = bytes.subarray(from, from + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

function shortPath(header: Uint8Array): string {
  const prefix = text(header, 257, 5) === 'ustar' ? text(header, 345, 155) : '';
  return prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`;
}

function paxPath(data: Uint8Array): string | undefined {
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(new TextDecoder().decode(data))?.[1];
}

/** The sum of the header's bytes with the checksum field itself taken as blanks. */
function checksumHolds(header: Uint8Array): boolean {
  const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  return sum === Number.parseInt(text(header, 148, 8).trim(), 8);
}
