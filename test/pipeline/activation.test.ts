import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpikeletError } from '../../src/error.js';
import {
  type CutWidth,
  cutBytes,
  decodeActivation,
  encodeActivation,
  encodedBytes,
} from '../../src/pipeline/index.js';

const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
const tensors = fc.array(finite, { maxLength: 70 }).map((values) => Float32Array.from(values));
const codeWidths = [8, 6, 4] as const;

const roundTrip = (values: Float32Array, width: CutWidth): Float32Array =>
  decodeActivation(encodeActivation(values, width), width, values.length);

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('codes of few bits', () => {
  test.each(codeWidths)('%i bits: no value is further away than half a step', (width) => {
    fc.assert(
      fc.property(tensors, (values) => {
        const decoded = roundTrip(values, width);
        const step = (Math.max(...values) - Math.min(...values)) / (2 ** width - 1);
        values.forEach((value, i) => {
          const found = decoded[i] ?? Number.NaN;
          const rounding = 2 ** -23 * Math.abs(found) + 2 ** -149;
          expect(Math.abs(found - value)).toBeLessThanOrEqual((step / 2) * (1 + 1e-12) + rounding);
        });
      }),
    );
  });

  test.each(codeWidths)('%i bits: the least and the greatest value stay as they are', (width) => {
    fc.assert(
      fc.property(tensors, (values) => {
        fc.pre(values.length > 0);
        const decoded = roundTrip(values, width);
        // Zero has no sign in a code; adding zero takes it off.
        expect(Math.min(...decoded) + 0).toBe(Math.min(...values) + 0);
        expect(Math.max(...decoded) + 0).toBe(Math.max(...values) + 0);
      }),
    );
  });

  test.each(codeWidths)('%i bits: equal values stay as they are', (width) => {
    expect([...roundTrip(Float32Array.of(0.3, 0.3, 0.3), width)]).toEqual([
      ...Float32Array.of(0.3, 0.3, 0.3),
    ]);
  });

  test.each(codeWidths)('%i bits: encoding what was decoded changes nothing', (width) => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 1 }), (list) => {
        const once = roundTrip(Float32Array.from(list), width);
        expect(roundTrip(once, width)).toEqual(once);
      }),
    );
  });
});

describe('the format', () => {
  test('8 bits: range, then a byte a code', () => {
    const bytes = encodeActivation(Float32Array.of(0, 255, 1, 2, 254), 8);
    expect(hex(bytes)).toBe('0000000000007f4300ff0102fe000000');
  });

  test('6 bits: five codes a word, from the lowest bits on', () => {
    const bytes = encodeActivation(Float32Array.of(0, 63, 1, 2, 3, 4), 6);
    const word = 0 | (63 << 6) | (1 << 12) | (2 << 18) | (3 << 24);
    expect(new DataView(bytes.buffer).getUint32(8, true)).toBe(word);
    expect([...bytes.subarray(12)]).toEqual([4, 0, 0, 0]);
  });

  test('4 bits: eight codes a word, halves are rounded up', () => {
    const bytes = encodeActivation(Float32Array.of(0, 15, 1.5, 2.5, 3.49, 7, 8, 9), 4);
    expect(hex(bytes.subarray(8))).toBe('f0327398');
  });

  test('f16: little-endian halves, an even number of them', () => {
    expect(hex(encodeActivation(Float32Array.of(1, -2, 0.1), 'f16'))).toBe('003c00c0662e0000');
  });

  test('f32: the values', () => {
    fc.assert(
      fc.property(fc.array(fc.float()), (list) => {
        const values = Float32Array.from(list);
        expect(roundTrip(values, 'f32')).toEqual(values);
      }),
    );
  });

  test.each([
    ['f32', 4 * 1001],
    ['f16', 2 * 1002],
    [8, 8 + 4 * 251],
    [6, 8 + 4 * 201],
    [4, 8 + 4 * 126],
  ] as const)('1001 elements take %s: %i bytes', (width, bytes) => {
    expect(encodedBytes(1001, width)).toBe(bytes);
    expect(encodeActivation(new Float32Array(1001), width)).toHaveLength(bytes);
    expect(cutBytes([1001, 1001], width, 3)).toBe(6 * bytes);
  });

  test('a view into a larger buffer is read from its own start', () => {
    const bytes = encodeActivation(Float32Array.of(1, 2, 3), 8);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeActivation(shifted.subarray(3), 8, 3)).toEqual(decodeActivation(bytes, 8, 3));
  });
});

describe('what cannot be', () => {
  const wrong = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      if (error instanceof SpikeletError && error.code === 'invalid-input') return error.message;
      throw error;
    }
    return 'nothing';
  };

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%d is refused with its place', (value) => {
    for (const width of [8, 6, 4, 'f16'] as const) {
      expect(wrong(() => encodeActivation(Float32Array.of(1, value), width))).toContain('values[1]');
    }
  });

  test('values beyond f16', () => {
    expect(wrong(() => encodeActivation(Float32Array.of(65520), 'f16'))).toContain('beyond f16');
  });

  test('bytes of another length, range or with bits to spare', () => {
    const bytes = encodeActivation(Float32Array.of(1, 2, 3), 6);
    expect(wrong(() => decodeActivation(bytes, 6, 6))).toBe(
      'bytes: 6 elements take 16 bytes at this width, got 12',
    );
    expect(
      wrong(() =>
        decodeActivation(
          bytes.map((byte, i) => (i === 11 ? 0x80 : byte)),
          6,
          3,
        ),
      ),
    ).toContain('damaged');
    const range = bytes.slice();
    new DataView(range.buffer).setFloat32(4, Number.NaN, true);
    expect(wrong(() => decodeActivation(range, 6, 3))).toContain('damaged');
  });

  test('any bytes are decoded or refused', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        fc.constantFrom(...codeWidths),
        (bytes, width) => {
          const count = 3 * Math.floor(32 / width);
          const outcome = wrong(() => {
            const decoded = decodeActivation(bytes, width, count);
            expect(decoded.every(Number.isFinite)).toBe(true);
          });
          expect(outcome === 'nothing' || outcome.includes('damaged')).toBe(true);
        },
      ),
    );
  });

  test('another width', () => {
    expect(wrong(() => encodeActivation(Float32Array.of(1), 5 as 4))).toContain(
      'must be one of f32, f16, 8, 6, 4',
    );
  });
});
