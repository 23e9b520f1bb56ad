import { describe, expect, test } from 'vitest';
import { SpikeletError } from '../../src/error.js';
import { readSafetensors, writeSafetensors } from '../../src/format/safetensors.js';

/** A file with the header text given, whatever it says. */
function fileOf(header: string, data: readonly number[] = [], declared?: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setUint32(0, declared ?? text.length, true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

const entry = (dtype: string, shape: readonly number[], offsets: readonly number[]): object => ({
  dtype,
  shape,
  data_offsets: offsets,
});

const refused = (bytes: Uint8Array): SpikeletError => {
  try {
    readSafetensors(bytes);
  } catch (error) {
    if (error instanceof SpikeletError) return error;
    throw error;
  }
  throw new Error('the file was accepted');
};

describe('safetensors reader', () => {
  test('reads tensors as views of the file', () => {
    const file = fileOf(
      JSON.stringify({ a: entry('U8', [2], [0, 2]), b: entry('I8', [1, 1], [2, 3]) }),
      [1, 2, 255],
    );
    const { tensors } = readSafetensors(file);
    expect([...(tensors.get('a')?.bytes ?? [])]).toEqual([1, 2]);
    expect(tensors.get('b')?.bytes.buffer).toBe(file.buffer);
  });

  test('accepts trailing spaces, an empty container, scalars and tensors without elements', () => {
    expect(readSafetensors(fileOf('{}   ')).tensors.size).toBe(0);
    const header = { s: entry('U8', [], [0, 1]), none: entry('F32', [0, 4], [1, 1]) };
    expect(readSafetensors(fileOf(JSON.stringify(header), [9])).tensors.get('s')?.shape).toEqual([]);
  });

  const hostile: readonly (readonly [what: string, file: Uint8Array, message: RegExp])[] = [
    ['nothing', new Uint8Array(0), /8-byte header length/],
    ['less than the header length', new Uint8Array(7), /8-byte header length/],
    ['a header longer than the file', fileOf('{}', [], 100), /truncated/],
    ['a header length of 2^32 - 1', fileOf('{}', [], 0xffffffff), /header length is beyond/],
    ['a header that is not an object', fileOf('[1]'), /must start with \{/],
    ['a header that is not JSON', fileOf('{"a":}'), /is not JSON/],
    ['a header that is not UTF-8', fileOf('{"a":"?"}').map((b) => (b === 0x3f ? 0xff : b)), /not UTF-8/],
    ['deep nesting', fileOf(`{"a":${'['.repeat(100_000)}`), /nested deeper/],
    ['one key twice', fileOf('{"a":1,"a":2}'), /twice/],
    ['one key twice, once escaped', fileOf('{"a":1,"\\u0061":2}'), /twice/],
    ['an entry that is not an object', fileOf('{"a":1}'), /must be an object/],
    [
      'an unknown field',
      fileOf('{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1],"x":1}}', [1]),
      /unknown field/,
    ],
    ['a missing field', fileOf('{"a":{"dtype":"U8","shape":[0]}}'), /data_offsets/],
    ['a negative dimension', fileOf(JSON.stringify({ a: entry('U8', [-1], [0, 0]) })), /must be an integer/],
    [
      'a fractional dimension',
      fileOf(JSON.stringify({ a: entry('U8', [0.5], [0, 0]) })),
      /must be an integer/,
    ],
    [
      'too many dimensions',
      fileOf(JSON.stringify({ a: entry('U8', Array(9).fill(1), [0, 1]) }), [1]),
      /dimensions/,
    ],
    [
      'a product that overflows',
      fileOf(JSON.stringify({ a: entry('F32', [2 ** 31, 2 ** 31, 2 ** 31], [0, 0]) })),
      /needs/,
    ],
    [
      'offsets beyond the end',
      fileOf(JSON.stringify({ a: entry('U8', [4], [0, 4]) }), [1, 2]),
      /data_offsets\[1\]/,
    ],
    [
      'offsets in the wrong order',
      fileOf(JSON.stringify({ a: entry('U8', [1], [2, 1]) }), [1, 2]),
      /data_offsets\[0\]/,
    ],
    [
      'bytes that do not match the shape',
      fileOf(JSON.stringify({ a: entry('F32', [1], [0, 2]) }), [1, 2]),
      /needs 4 bytes/,
    ],
    [
      'overlapping tensors',
      fileOf(JSON.stringify({ a: entry('U8', [2], [0, 2]), b: entry('U8', [2], [1, 3]) }), [1, 2, 3]),
      /overlaps/,
    ],
    [
      'a hole between tensors',
      fileOf(JSON.stringify({ a: entry('U8', [1], [0, 1]), b: entry('U8', [1], [2, 3]) }), [1, 2, 3]),
      /hole of 1 byte/,
    ],
    ['bytes after the last tensor', fileOf('{}', [1, 2]), /2 bytes belong to no tensor/],
    ['metadata that is not text', fileOf('{"__metadata__":{"a":1}}'), /must be a string/],
  ];
  test.each(hostile)('refuses %s', (_what, file, message) => {
    const error = refused(file);
    expect(error.code).toBe('invalid-model');
    expect(error.where).toBeDefined();
    expect(error.message).toMatch(message);
  });

  test('says that an element type is unsupported rather than invalid', () => {
    const error = refused(fileOf(JSON.stringify({ a: entry('BF16', [1], [0, 2]) }), [1, 2]));
    expect(error.code).toBe('unsupported');
    expect(error.message).toContain('BF16');
  });
});

describe('safetensors writer', () => {
  const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(length);

  test('aligns every tensor to its element and leaves no hole', () => {
    const file = writeSafetensors({
      metadata: new Map([['key', 'value "quoted"']]),
      tensors: new Map([
        ['odd', { dtype: 'I8' as const, shape: [3], bytes: bytes(3) }],
        ['half', { dtype: 'F16' as const, shape: [1], bytes: bytes(2) }],
        ['float', { dtype: 'F32' as const, shape: [2], bytes: bytes(8) }],
      ]),
    });
    const { tensors, metadata } = readSafetensors(file);
    expect(metadata.get('key')).toBe('value "quoted"');
    expect([...tensors.keys()]).toEqual(['float', 'half', 'odd']);
    expect((tensors.get('float')?.bytes.byteOffset ?? 1) % 8).toBe(0);
    expect((tensors.get('half')?.bytes.byteOffset ?? 1) % 2).toBe(0);
  });
});
