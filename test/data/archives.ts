import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { encode } from 'fast-png';

/** A folder that is gone after the tests of the machine's temporary folder are swept. */
export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'spikelet-test-'));

/** A PNG of one colour with its top left pixel black. */
export function pngOf(
  width: number,
  height: number,
  [red, green, blue]: readonly [number, number, number],
): Uint8Array {
  const data = new Uint8Array(width * height * 3);
  for (let i = 1; i < width * height; i++) data.set([red, green, blue], i * 3);
  return encode({ width, height, channels: 3, depth: 8, data });
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

export function concatenated(...parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** A ustar archive, written by the letter of the format. */
export function tarOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const parts = Object.entries(files).flatMap(([path, data]) => {
    const header = new Uint8Array(512);
    header.set(ascii(path));
    header.set(ascii('0000644\0'), 100);
    header.set(ascii(`${data.length.toString(8).padStart(11, '0')}\0`), 124);
    header.set(ascii('        '), 148);
    header[156] = 0x30;
    header.set(ascii('ustar\x0000'), 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.set(ascii(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
    return [header, data, new Uint8Array((512 - (data.length % 512)) % 512)];
  });
  return concatenated(...parts, new Uint8Array(1024));
}

export const tarGzOf = (files: Readonly<Record<string, Uint8Array>>): Uint8Array => gzipSync(tarOf(files));

/** Little-endian fields of 2 or 4 bytes. */
function fields(...values: readonly (readonly [size: 2 | 4, value: number])[]): Uint8Array {
  const bytes = new Uint8Array(values.reduce((sum, [size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, value] of values) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return bytes;
}

/** A zip whose files are stored or deflated. */
export function zipOf(
  files: Readonly<Record<string, Uint8Array>>,
  method: 'stored' | 'deflated' = 'stored',
): Uint8Array {
  const code = method === 'stored' ? 0 : 8;
  const locals: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [path, data] of Object.entries(files)) {
    const packed = method === 'stored' ? data : new Uint8Array(deflateRawSync(data));
    const shared = [
      [2, 0],
      [2, code],
      [4, 0],
      [4, crc32(data)],
      [4, packed.length],
      [4, data.length],
    ] as const;
    const name = ascii(path);
    const local = concatenated(
      fields([4, 0x04034b50], [2, 20], ...shared, [2, name.length], [2, 0]),
      name,
      packed,
    );
    const rest = [
      [2, name.length],
      [2, 0],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, at],
    ] as const;
    directory.push(concatenated(fields([4, 0x02014b50], [2, 20], [2, 20], ...shared, ...rest), name));
    locals.push(local);
    at += local.length;
  }
  const entries = concatenated(...directory);
  const count = directory.length;
  const end = fields(
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, count],
    [2, count],
    [4, entries.length],
    [4, at],
    [2, 0],
  );
  return concatenated(...locals, entries, end);
}

/** Records of CIFAR's binary version: pictures of one value a plane. */
export function binaryBatch(labels: readonly number[], labelBytes: 1 | 2 = 1): Uint8Array {
  return concatenated(
    ...labels.flatMap((label) => [
      Uint8Array.from(labelBytes === 1 ? [label] : [0, label]),
      ...[label * 10, label * 10 + 1, label * 10 + 2].map((value) => new Uint8Array(1024).fill(value)),
    ]),
  );
}

/** Protocol 2 pickles as Python 2 wrote CIFAR's. */
export const pickle = {
  text: (text: string): Uint8Array => concatenated(Uint8Array.of(0x55, text.length), ascii(text)),
  int: (value: number): Uint8Array => Uint8Array.of(0x4b, value),
  list: (items: readonly Uint8Array[]): Uint8Array => concatenated(ascii(']('), ...items, ascii('e')),
  dictionary: (entries: readonly (readonly [string, Uint8Array])[]): Uint8Array =>
    concatenated(ascii('}('), ...entries.flatMap(([key, value]) => [pickle.text(key), value]), ascii('u')),
  /** A NumPy array of bytes. */
  array(rows: number, columns: number, data: Uint8Array): Uint8Array {
    const size = (value: number): Uint8Array => concatenated(ascii('J'), fields([4, value]));
    const raw = concatenated(ascii('T'), fields([4, data.length]), data);
    const type = concatenated(
      ascii('cnumpy\ndtype\n'),
      pickle.text('u1'),
      pickle.int(0),
      pickle.int(1),
      Uint8Array.of(0x87, 0x52),
    );
    const shape = concatenated(size(rows), size(columns), Uint8Array.of(0x86));
    const maker = concatenated(
      ascii('cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n'),
      pickle.int(0),
      Uint8Array.of(0x85),
      pickle.text('b'),
      Uint8Array.of(0x87, 0x52),
    );
    const state = concatenated(ascii('('), pickle.int(1), shape, type, Uint8Array.of(0x89), raw, ascii('t'));
    return concatenated(maker, state, ascii('b'));
  },
  file: (value: Uint8Array): Uint8Array => concatenated(Uint8Array.of(0x80, 2), value, ascii('.')),
};

/** A batch of CIFAR's Python version: pictures of one value a plane. */
export function pythonBatch(labels: readonly number[], labelKey = 'labels'): Uint8Array {
  const pictures = concatenated(
    ...labels.flatMap((label) => [0, 1, 2].map((plane) => new Uint8Array(1024).fill(label * 10 + plane))),
  );
  return pickle.file(
    pickle.dictionary([
      ['data', pickle.array(labels.length, 3072, pictures)],
      [labelKey, pickle.list(labels.map(pickle.int))],
    ]),
  );
}

export const pythonNames = (key: string, names: readonly string[]): Uint8Array =>
  pickle.file(pickle.dictionary([[key, pickle.list(names.map(pickle.text))]]));
