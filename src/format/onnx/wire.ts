import { rejectModel } from '../json.js';

/**
 * Bytes of a protocol buffers message. `offset` is where they begin in the file, `budget` what is left of the number
 * of fields that one file may have.
 */
export interface Message {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly budget: { fields: number };
}

/** One field as it lies in the file. `bytes` is a view; empty for a varint, whose value is `integer`. */
export interface Field {
  readonly number: number;
  readonly kind: 'varint' | 'fixed64' | 'bytes' | 'fixed32';
  readonly integer: number;
  readonly bytes: Uint8Array;
  readonly offset: number;
}

const kinds: Readonly<Record<number, Field['kind']>> = {
  0: 'varint',
  1: 'fixed64',
  2: 'bytes',
  5: 'fixed32',
};

const noBytes = new Uint8Array(0);
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const place = (offset: number): string => `byte ${offset}`;

interface Varint {
  /** The 64-bit two's complement value; beyond 2^53 the nearest number. */
  readonly value: number;
  readonly end: number;
}

function readVarint(bytes: Uint8Array, start: number, offset: number): Varint {
  let low = 0;
  let high = 0;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) rejectModel(place(offset + start), 'the file ends inside a number');
    const bits = byte & 0x7f;
    if (i < 4) low += bits * 2 ** (7 * i);
    else if (i === 4) {
      low += (bits & 0x0f) * 2 ** 28;
      high = bits >>> 4;
    } else high += bits * 2 ** (7 * i - 32);
    if (byte < 0x80) return { value: ((high % 2 ** 32) | 0) * 2 ** 32 + low, end: start + i + 1 };
  }
  return rejectModel(place(offset + start), 'a number is longer than 10 bytes');
}

/** Where a field of the wire type given ends, and its bytes. */
function payload(
  { bytes, offset }: Message,
  start: number,
  kind: Field['kind'],
): Omit<Field, 'number' | 'offset'> & { readonly end: number } {
  const take = (begin: number, length: number) => {
    if (length < 0 || length > bytes.length - begin) {
      const have = bytes.length - begin;
      rejectModel(
        place(offset + start),
        `a field of ${length} bytes, but only ${have} follow: damaged or truncated`,
      );
    }
    return { kind, integer: 0, bytes: bytes.subarray(begin, begin + length), end: begin + length };
  };
  switch (kind) {
    case 'varint': {
      const { value, end } = readVarint(bytes, start, offset);
      return { kind, integer: value, bytes: noBytes, end };
    }
    case 'fixed64':
      return take(start, 8);
    case 'fixed32':
      return take(start, 4);
    case 'bytes': {
      const { value, end } = readVarint(bytes, start, offset);
      return take(end, value);
    }
  }
}

/** The fields of a message in order. Throws `invalid-model` with the byte offset of what is damaged. */
export function* readFields(message: Message): Generator<Field> {
  let position = 0;
  while (position < message.bytes.length) {
    const tag = readVarint(message.bytes, position, message.offset);
    const kind = kinds[tag.value & 7];
    const number = Math.floor(tag.value / 8);
    if (!kind || number < 1) {
      rejectModel(
        place(message.offset + position),
        `wire type ${tag.value & 7} of field ${number} does not exist: not an ONNX file, or a damaged one`,
      );
    }
    if (message.budget.fields-- <= 0)
      rejectModel(place(message.offset + position), 'the file has too many fields');
    const { end, ...field } = payload(message, tag.end, kind);
    yield { ...field, number, offset: message.offset + end - field.bytes.length };
    position = end;
  }
}

function expectKind(field: Field, ...allowed: readonly Field['kind'][]): void {
  if (!allowed.includes(field.kind)) {
    rejectModel(
      place(field.offset),
      `field ${field.number} is ${field.kind}, expected ${allowed.join(' or ')}`,
    );
  }
}

export function asMessage(field: Field, { budget }: Message): Message {
  expectKind(field, 'bytes');
  return { bytes: field.bytes, offset: field.offset, budget };
}

export function asBytes(field: Field): Uint8Array {
  expectKind(field, 'bytes');
  return field.bytes;
}

export function asText(field: Field): string {
  expectKind(field, 'bytes');
  try {
    return utf8.decode(field.bytes);
  } catch (cause) {
    rejectModel(place(field.offset), 'a name is not UTF-8 text', cause);
  }
}

export function asInteger(field: Field): number {
  expectKind(field, 'varint');
  return field.integer;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

export function asFloat(field: Field): number {
  expectKind(field, 'fixed32');
  return viewOf(field.bytes).getFloat32(0, true);
}

/** Integers of a repeated field: one, or any number packed into bytes. */
export function pushIntegers(list: number[], field: Field): void {
  expectKind(field, 'varint', 'bytes');
  if (field.kind === 'varint') {
    list.push(field.integer);
    return;
  }
  for (let position = 0; position < field.bytes.length; ) {
    const { value, end } = readVarint(field.bytes, position, field.offset);
    list.push(value);
    position = end;
  }
}

/** Floats or doubles of a repeated field: one, or any number packed into bytes. */
export function pushReals(list: number[], field: Field, size: 4 | 8): void {
  expectKind(field, size === 4 ? 'fixed32' : 'fixed64', 'bytes');
  if (field.bytes.length % size !== 0) {
    rejectModel(place(field.offset), `${field.bytes.length} bytes are no list of ${size}-byte numbers`);
  }
  const view = viewOf(field.bytes);
  for (let i = 0; i < field.bytes.length; i += size) {
    list.push(size === 4 ? view.getFloat32(i, true) : view.getFloat64(i, true));
  }
}
