import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { withBoundedInflate } from '../../src/hdf5/bounded-inflate.js';
import { CountedBytes } from '../../src/hdf5/counted-bytes.js';

type Filter = (data: ArrayBuffer, itemSize: number) => ArrayBuffer;

/** Unpacks as the library would, with a bound. */
function unpack(packed: Uint8Array, atMost: number): Uint8Array {
  const own: Filter = () => new ArrayBuffer(0);
  const filters = new Map<number, Filter>([[1, own]]);
  try {
    const call = (): ArrayBuffer | undefined => filters.get(1)?.(Uint8Array.from(packed).buffer, 1);
    return new Uint8Array(withBoundedInflate(filters, atMost, call) ?? []);
  } finally {
    expect(filters.get(1)).toBe(own);
  }
}

describe('a chunk of HDF5', () => {
  const data = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) >> 7);
  const packed = new Uint8Array(deflateSync(data));

  it('is unpacked where it is as long as it may be', () => {
    expect(unpack(packed, 5000)).toEqual(data);
    expect(unpack(packed, 9000)).toEqual(data);
  });

  it('is refused where it holds more', () => {
    expect(() => unpack(packed, 4990)).toThrow('unpacks to more than it holds');
    expect(() => unpack(new Uint8Array(deflateSync(new Uint8Array(50_000_000))), 5000)).toThrow(
      'unpacks to more',
    );
  });

  it('is refused where it is damaged', () => {
    for (let at = 2; at < packed.length; at += 13) {
      const damaged = packed.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 0x11;
      expect(() => unpack(damaged, 5000)).toThrow();
    }
    expect(() => unpack(packed.subarray(0, -9), 5000)).toThrow();
  });
});

describe('the bytes of a file', () => {
  it('can be read, but not again and again', () => {
    const bytes = new CountedBytes(Uint8Array.of(1, 2, 3, 4));
    expect(new Uint8Array(bytes.slice(1, 3))).toEqual(Uint8Array.of(2, 3));
    expect(() => {
      for (let i = 0; i < 1e6; i++) bytes.slice(0, 4);
    }).toThrow('refers to the same places');
  });
});
