import { SpikeletError } from '../error.js';
import { asArray, asInteger, asObject, asString, field, parseJson, rejectModel, shorten } from './json.js';

/** Element types of the container that this package reads, with their size in bytes. */
export const storedSize = { F32: 4, I32: 4, F16: 2, U8: 1, I8: 1 } as const;

export type StoredType = keyof typeof storedSize;

/** A tensor as it lies in the file. `bytes` is a view, never a copy. */
export interface StoredTensor {
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface Container {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

const lengthBytes = 8;
const greatestHeader = 2 ** 25;
const greatestRank = 8;
const greatestElements = 2 ** 31;

const isStoredType = (name: string): name is StoredType => Object.hasOwn(storedSize, name);

/** The header's text. Throws `invalid-model` with the byte offset of what is wrong. */
function readHeader(bytes: Uint8Array): { readonly text: string; readonly end: number } {
  const where = 'byte 0';
  if (bytes.length < lengthBytes) {
    rejectModel(where, `the file has ${bytes.length} bytes; a model starts with an 8-byte header length`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  if (view.getUint32(4, true) !== 0 || length > greatestHeader) {
    rejectModel(where, `header length is beyond ${greatestHeader}: not a safetensors file`);
  }
  if (length > bytes.length - lengthBytes) {
    const have = bytes.length - lengthBytes;
    rejectModel(where, `header of ${length} bytes, but only ${have} follow: the file is truncated`);
  }
  const end = lengthBytes + length;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      bytes.subarray(lengthBytes, end),
    );
    return { text, end };
  } catch (cause) {
    rejectModel(`byte ${lengthBytes}`, 'header is not UTF-8 text', cause);
  }
}

function readEntry(name: string, value: unknown, data: Uint8Array, dataStart: number): StoredTensor & Span {
  const where = `tensor '${shorten(name)}'`;
  const entry = asObject(value, where, ['dtype', 'shape', 'data_offsets']);
  const dtype = asString(field(entry, 'dtype'), `${where} dtype`);
  if (!isStoredType(dtype)) {
    throw new SpikeletError(
      'unsupported',
      `dtype '${shorten(dtype)}' is not one of ${Object.keys(storedSize).join(', ')}`,
      {
        where,
      },
    );
  }
  const shape = asArray(field(entry, 'shape'), `${where} shape`).map((d, i) =>
    asInteger(d, 0, greatestElements, `${where} shape[${i}]`),
  );
  if (shape.length > greatestRank)
    rejectModel(where, `has ${shape.length} dimensions, at most ${greatestRank}`);
  const offsets = asArray(field(entry, 'data_offsets'), `${where} data_offsets`);
  if (offsets.length !== 2) rejectModel(where, 'data_offsets must be [begin, end]');
  const end = asInteger(offsets[1], 0, data.length, `${where} data_offsets[1]`);
  const begin = asInteger(offsets[0], 0, end, `${where} data_offsets[0]`);
  const size = shape.reduce((n, d) => n * d, storedSize[dtype]);
  if (size !== end - begin) {
    rejectModel(
      where,
      `${dtype} of shape [${shape.join(', ')}] needs ${size} bytes, the file has ${end - begin} at byte ${dataStart + begin}`,
    );
  }
  return { dtype, shape, bytes: data.subarray(begin, end), begin, end };
}

interface Span {
  readonly begin: number;
  readonly end: number;
}

/** Tensors must cover the data exactly: no hole, no overlap, nothing after the last. */
function checkCover(
  spans: readonly (readonly [name: string, span: Span])[],
  length: number,
  dataStart: number,
): void {
  const ordered = [...spans].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const [name, { begin, end }] of ordered) {
    if (begin !== covered) {
      const what =
        begin < covered ? 'overlaps the tensor before it' : `leaves a hole of ${begin - covered} bytes`;
      rejectModel(`tensor '${shorten(name)}'`, `${what} at byte ${dataStart + Math.min(begin, covered)}`);
    }
    covered = end;
  }
  if (covered !== length) {
    rejectModel(`byte ${dataStart + covered}`, `${length - covered} bytes belong to no tensor`);
  }
}

function readMetadata(value: unknown): ReadonlyMap<string, string> {
  if (value === undefined) return new Map();
  const entries = Object.entries(asObject(value, '__metadata__'));
  return new Map(entries.map(([key, text]) => [key, asString(text, `__metadata__ '${shorten(key)}'`)]));
}

/**
 * Reads a safetensors file: 8-byte little-endian header length, JSON header, tensor bytes. Everything is checked
 * before use; tensors are views of `bytes`. Throws `invalid-model` (or `unsupported` for an element type that this
 * package has no use for) with the tensor or byte offset at fault.
 */
export function readSafetensors(bytes: Uint8Array): Container {
  const { text, end } = readHeader(bytes);
  if (text[0] !== '{') rejectModel(`byte ${lengthBytes}`, 'header must start with {');
  const header = asObject(parseJson(text, 'header'), 'header');
  const data = bytes.subarray(end);
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => [name, readEntry(name, value, data, end)] as const);
  checkCover(entries, data.length, end);
  return {
    metadata: readMetadata(field(header, '__metadata__')),
    tensors: new Map(entries.map(([name, { dtype, shape, bytes }]) => [name, { dtype, shape, bytes }])),
  };
}

/**
 * Writes a safetensors file. Tensors are laid out by falling element size and otherwise in the order given, so that
 * all of them are aligned without holes; the same input gives the same bytes.
 */
export function writeSafetensors({ metadata, tensors }: Container): Uint8Array {
  const ordered = [...tensors].sort(([, a], [, b]) => storedSize[b.dtype] - storedSize[a.dtype]);
  let offset = 0;
  const entries = ordered.map(([name, { dtype, shape, bytes }]) => {
    const begin = offset;
    offset += bytes.length;
    return [name, { dtype, shape, data_offsets: [begin, offset] }] as const;
  });
  const header = Object.fromEntries<unknown>([['__metadata__', Object.fromEntries(metadata)], ...entries]);
  const text = new TextEncoder().encode(JSON.stringify(header));
  const headerLength = Math.ceil(text.length / 8) * 8;
  if (headerLength > greatestHeader) {
    throw new SpikeletError(
      'unsupported',
      `the header needs ${headerLength} bytes, at most ${greatestHeader}`,
    );
  }
  const file = new Uint8Array(lengthBytes + headerLength + offset);
  new DataView(file.buffer).setUint32(0, headerLength, true);
  file.fill(0x20, lengthBytes, lengthBytes + headerLength);
  file.set(text, lengthBytes);
  let position = lengthBytes + headerLength;
  for (const [, { bytes }] of ordered) {
    file.set(bytes, position);
    position += bytes.length;
  }
  return file;
}
