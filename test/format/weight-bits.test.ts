import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packBits, packedBytes, unpackBits } from '../../src/format/weight-bits.js';

const widths = fc.constantFrom(2, 3, 4, 5, 6, 7, 8);

/** Bit `index` of the stream, least significant first. */
const bitAt = (bytes: Uint8Array, index: number): number => ((bytes[index >> 3] ?? 0) >> (index & 7)) & 1;

const weightsOf = (bits: number): fc.Arbitrary<Int8Array> =>
  fc
    .array(fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 }), { maxLength: 70 })
    .map((list) => Int8Array.from(list));

const cases = widths.chain((bits) => weightsOf(bits).map((weights) => ({ bits, weights })));

describe('weight bit stream', () => {
  test('gives back every weight of every width', () => {
    fc.assert(
      fc.property(cases, ({ bits, weights }) => {
        const packed = packBits(weights, bits);
        expect(packed.length).toBe(Math.ceil((weights.length * bits) / 8));
        expect(packed.length).toBe(packedBytes(weights.length, bits));
        expect(unpackBits(packed, weights.length, bits)).toEqual(weights);
      }),
    );
  });

  test('has bit b of element i at position i * bits + b', () => {
    fc.assert(
      fc.property(cases, ({ bits, weights }) => {
        const packed = packBits(weights, bits);
        weights.forEach((weight, i) => {
          for (let b = 0; b < bits; b++) expect(bitAt(packed, i * bits + b)).toBe((weight >> b) & 1);
        });
        for (let i = weights.length * bits; i < packed.length * 8; i++) expect(bitAt(packed, i)).toBe(0);
      }),
    );
  });

  test('puts the first of two 4-bit weights in the low half of the byte', () => {
    expect([...packBits(Int8Array.of(1, -1, -8), 4)]).toEqual([0xf1, 0x08]);
  });
});
