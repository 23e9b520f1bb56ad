import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byte, bytesFrom, floatsFrom, seed } from './generate.js';
import { type Call, run, runFloats } from './run.js';

const f = Math.fround;
const small = fc.integer({ min: 1, max: 6 });
const channels = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(33, 64));
const product = (list: readonly number[]): number => list.reduce((total, x) => total * x, 1);

describe('u8_remap', () => {
  /** An axis of the input and, for each index of the output, the index that it shows; -1 fills. */
  const axis = small.chain((size) =>
    fc.record({
      size: fc.constant(size),
      picked: fc.array(fc.integer({ min: -1, max: size - 1 }), { minLength: 1, maxLength: 4 }),
    }),
  );
  const axes = fc.tuple(axis, axis, axis, axis);
  const elements = fc.oneof(channels, fc.constantFrom(128, 600));

  function check(
    list: readonly { readonly size: number; readonly picked: readonly number[] }[],
    bytes: number,
    fill: Uint8Array,
    seed: number,
  ): void {
    const sizes = list.map(({ size }) => size);
    const tables = list.map(({ picked }, i) => {
      const stride = product(sizes.slice(i + 1)) * bytes;
      return Int32Array.from(picked, (index) => (index < 0 ? -1 : index * stride));
    });
    const origins = tables.reduce<number[]>(
      (sums, table) =>
        sums.flatMap((sum) => [...table].map((offset) => (sum < 0 || offset < 0 ? -1 : sum + offset))),
      [0],
    );
    const input = bytesFrom(seed, product(sizes) * bytes);
    const expected = new Uint8Array(origins.length * bytes);
    origins.forEach((origin, i) => {
      for (let j = 0; j < bytes; j++) {
        expected[i * bytes + j] = (origin < 0 ? fill[j % 4] : input[origin + j]) ?? 0;
      }
    });
    const [size0 = 1, size1 = 1, size2 = 1, size3 = 1] = tables.map((table) => table.length);
    const actual = run({
      kernel: 'u8_remap',
      inputs: { input, ...Object.fromEntries(tables.map((table, i) => [`offsets${i}`, table])) },
      outputBytes: expected.length,
      numbers: { size1, size2, size3, bytes, fill: new Int32Array(fill.buffer)[0] ?? 0 },
      units: size0 * size1 * size2,
    });
    expect(Buffer.compare(actual, expected)).toBe(0);
  }

  it('copies runs of bytes from where the tables say, or fills with a byte', () => {
    fc.assert(
      fc.property(axes, elements, byte, seed, (list, bytes, fill, seed) => {
        check(list, bytes, new Uint8Array(4).fill(fill), seed);
      }),
    );
  });

  it('fills runs of 4-byte elements with an element', () => {
    const fill = fc.uint8Array({ minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(axes, elements, fill, seed, (list, words, fill, seed) =>
        check(list, words * 4, fill, seed),
      ),
    );
  });
});

describe('f32_resize_bilinear', () => {
  /** Two taps and the weight of the second for each row or column of the output. */
  const axis = small.chain((size) => {
    const index = fc.integer({ min: 0, max: size - 1 });
    const weight = fc.oneof(
      fc.constantFrom(0, 0.25, 0.5, 1),
      fc.nat(1000).map((x) => f(x / 1000)),
    );
    const taps = fc.array(fc.tuple(index, index, weight), { minLength: 1, maxLength: 12 });
    return fc.record({ size: fc.constant(size), taps });
  });
  const shape = fc.record({ rows: axis, columns: axis, channels, images: fc.constantFrom(1, 2), seed });
  type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;

  const mix = (a: number, b: number, weight: number): number => f(a + f(f(b - a) * weight));
  const elements = (s: Shape): number => s.images * s.rows.size * s.columns.size * s.channels;

  function reference(s: Shape, input: Float32Array): number[] {
    const list: number[] = [];
    for (let image = 0; image < s.images; image++) {
      for (const [top, bottom, down] of s.rows.taps) {
        for (const [left, right, across] of s.columns.taps) {
          for (let c = 0; c < s.channels; c++) {
            const at = (y: number, x: number): number =>
              input[((image * s.rows.size + y) * s.columns.size + x) * s.channels + c] ?? 0;
            const upper = mix(at(top, left), at(top, right), across);
            list.push(mix(upper, mix(at(bottom, left), at(bottom, right), across), down));
          }
        }
      }
    }
    return list;
  }

  function call(s: Shape, input: Float32Array): Omit<Call, 'kernel' | 'outputBytes'> {
    const table = (list: Shape['rows']['taps'], tap: 0 | 1, stride: number): Int32Array =>
      Int32Array.from(list, (taps) => taps[tap] * stride);
    const weights = (list: Shape['rows']['taps']): Float32Array =>
      Float32Array.from(list, ([, , weight]) => weight);
    const { rows, columns, channels } = s;
    return {
      inputs: {
        input,
        rows0: table(rows.taps, 0, columns.size * channels),
        rows1: table(rows.taps, 1, columns.size * channels),
        rowWeights: weights(rows.taps),
        columns0: table(columns.taps, 0, channels),
        columns1: table(columns.taps, 1, channels),
        columnWeights: weights(columns.taps),
      },
      numbers: {
        channels,
        imageStride: rows.size * columns.size * channels,
        outHeight: rows.taps.length,
        outWidth: columns.taps.length,
      },
      units: s.images * rows.taps.length,
    };
  }

  it('mixes four taps, bit for bit', () => {
    fc.assert(
      fc.property(shape, (s) => {
        const input = floatsFrom(s.seed, elements(s));
        const expected = Float32Array.from(reference(s, input));
        const options = { kernel: 'f32_resize_bilinear', outputBytes: expected.byteLength };
        expect(runFloats({ ...call(s, input), ...options })).toEqual(expected);
      }),
    );
  });
});
