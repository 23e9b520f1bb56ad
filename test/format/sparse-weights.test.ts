import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpikeletError } from '../../src/error.js';
import { pack, unpack } from '../../src/format/index.js';
import { asSparsity, type Sparsity, unpackSparse } from '../../src/format/sparse-weights.js';
import { packedBytes } from '../../src/format/weight-bits.js';
import { chooseEncoding, encodeWeights } from '../../src/format/weight-encoding.js';
import type { WeightBits } from '../../src/graph/tensor.js';
import { integerModel, sparseModel, sparseValues } from './models.js';

const widths = fc.constantFrom<WeightBits>(2, 3, 4, 5, 6, 7, 8);

const encoded = (weights: Int8Array, bits: WeightBits) => {
  const encoding = chooseEncoding(weights, bits);
  return { ...encoding, stored: encodeWeights(weights, bits, encoding) };
};

/** Long arrays are compared as bytes: a comparison element by element takes seconds. */
const sameBytes = (a: ArrayBufferView | undefined, b: ArrayBufferView): boolean =>
  a !== undefined &&
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));

/** Least bits a weight of a random choice of positions and signs. */
const ternaryEntropy = (density: number): number =>
  density - density * Math.log2(density) - (1 - density) * Math.log2(1 - density);

describe('sparse weights', () => {
  test('come back as they were, in as many bytes as was said', () => {
    const cases = fc.record({
      count: fc.integer({ min: 1, max: 5000 }),
      density: fc.double({ min: 0, max: 1, noNaN: true }),
      bits: widths,
      levels: fc.constantFrom('symmetric', 'all', 'signs'),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(cases, ({ count, density, bits, levels, seed }) => {
        const weights = sparseValues(count, bits, density, seed, levels);
        const { bytes, sparsity, stored } = encoded(weights, bits);
        expect(stored.length).toBe(bytes);
        expect(bytes).toBeLessThanOrEqual(packedBytes(count, bits));
        if (!sparsity) return;
        const read = asSparsity(JSON.parse(JSON.stringify(sparsity)), count, bits, 'w');
        expect(sameBytes(unpackSparse(stored, count, read, 'w'), weights)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('come back at densities of a few in a million', () => {
    const weights = new Int8Array(3_000_000);
    weights[2_999_999] = -3;
    weights[1] = 2;
    const { sparsity, stored } = encoded(weights, 4);
    const back = sparsity && unpackSparse(stored, weights.length, sparsity, 'w');
    expect(sameBytes(back, weights)).toBe(true);
    const few = encoded(weights.subarray(0, 60_000), 4);
    expect(few.sparsity).toMatchObject({ positions: 'gaps', nonZeros: 1 });
    expect(few.stored.length).toBeLessThan(8);
  });

  test('make the file smaller than dense ones at every sparsity above half and every width', () => {
    const densities = fc.double({ min: 0, max: 0.49, noNaN: true });
    fc.assert(
      fc.property(widths, densities, fc.nat(), (bits, density, seed) => {
        const dense = pack(sparseModel(bits, 1, seed)).length;
        const sparse = pack(sparseModel(bits, density, seed)).length;
        expect(sparse).toBeLessThan(dense);
      }),
      { numRuns: 25 },
    );
  });

  test.each([0.5, 0.6, 0.66])('of 2 bits take a bitmap and signs at density %d', (density) => {
    const weights = sparseValues(50_000, 2, density, 1, 'symmetric');
    const { sparsity, bytes } = encoded(weights, 2);
    expect(sparsity).toMatchObject({ positions: 'bitmap', valueBits: 1 });
    expect((8 * bytes) / weights.length).toBeLessThan(1.1 * ternaryEntropy(density));
    expect(bytes).toBeLessThan(0.9 * packedBytes(weights.length, 2));
  });

  test.each([0.2, 0.1, 0.05, 0.02, 0.005])('of 2 bits take gaps and signs at density %d', (density) => {
    const weights = sparseValues(100_000, 2, density, 1, 'symmetric');
    const { sparsity, bytes } = encoded(weights, 2);
    expect(sparsity).toMatchObject({ positions: 'gaps', valueBits: 1 });
    expect((8 * bytes) / weights.length).toBeLessThan(1.06 * ternaryEntropy(density));
  });

  test('store no more bits than the values need', () => {
    const { sparsity } = encoded(sparseValues(10_000, 5, 0.1, 3, 'symmetric'), 8);
    expect(sparsity?.valueBits).toBe(5);
  });

  test('are dense where that is smaller', () => {
    expect(encoded(sparseValues(10_000, 2, 0.9, 1, 'all'), 2).sparsity).toBeUndefined();
    expect(encoded(Int8Array.of(0, 0, 0, 0, 1), 8).sparsity).toBeUndefined();
  });
});

describe('a sparse tensor is refused, by name,', () => {
  const count = 2000;
  const gaps = encoded(sparseValues(count, 4, 0.1, 1, 'symmetric'), 4);
  const bitmap = encoded(sparseValues(count, 4, 0.45, 1, 'symmetric'), 4);
  const signs = encoded(sparseValues(count, 2, 0.1, 4, 'signs'), 2);

  const refusal = (sparsity: Sparsity | undefined, stored: Uint8Array, weights = count): string => {
    if (!sparsity) throw new Error('not sparse');
    try {
      unpackSparse(stored, weights, sparsity, "tensor 'w'");
    } catch (error) {
      expect(error).toBeInstanceOf(SpikeletError);
      expect(error).toMatchObject({ code: 'invalid-model', where: "tensor 'w'" });
      return error instanceof Error ? error.message : '';
    }
    throw new Error('accepted');
  };
  const changed = (bytes: Uint8Array, at: number, change: (byte: number) => number): Uint8Array => {
    const copy = bytes.slice();
    const index = at < 0 ? copy.length + at : at;
    copy[index] = change(copy[index] ?? 0);
    return copy;
  };
  const longer = (bytes: Uint8Array, more: number): Uint8Array => {
    const copy = new Uint8Array(bytes.length + more);
    copy.set(bytes);
    return copy;
  };
  const bare = (sparsity: Sparsity | undefined, change: object): Sparsity => {
    if (!sparsity) throw new Error('not sparse');
    return { ...sparsity, ...change };
  };

  test('where its bytes are too few or too many', () => {
    for (const { sparsity, stored } of [gaps, bitmap, signs]) {
      expect(refusal(sparsity, stored.subarray(0, -1))).toMatch(/bytes|zero|beyond/);
      expect(refusal(sparsity, longer(stored, 1))).toMatch(/bytes|zero|beyond/);
      expect(refusal(sparsity, new Uint8Array(0))).toMatch(/cannot hold/);
    }
  });

  test('where its count is not that of its positions', () => {
    expect(refusal(bare(bitmap.sparsity, { nonZeros: 3 }), bitmap.stored)).toMatch(
      /do not end|positions for/,
    );
    const { nonZeros = 0 } = signs.sparsity ?? {};
    expect(refusal(bare(signs.sparsity, { nonZeros: nonZeros - 1 }), signs.stored)).toMatch(
      /do not end|positions for/,
    );
    const flipped = changed(bitmap.stored, 5, (byte) => byte ^ 1);
    expect(refusal(bitmap.sparsity, flipped)).toMatch(/positions for .* values/);
  });

  test('where a position is beyond its weights', () => {
    expect(refusal(gaps.sparsity, gaps.stored, 1500)).toMatch(/position \d+ is beyond 1500 weights/);
  });

  test('where a value is zero', () => {
    expect(
      refusal(
        gaps.sparsity,
        changed(gaps.stored, -3, () => 0),
      ),
    ).toMatch(/is zero/);
  });

  test('where bits that nothing uses are set', () => {
    const { nonZeros = 0 } = signs.sparsity ?? {};
    expect(nonZeros % 8).not.toBe(0);
    expect(
      refusal(
        signs.sparsity,
        changed(signs.stored, -1, (byte) => byte | 0x80),
      ),
    ).toMatch(/do not end/);
  });

  test('where it unfolds to far more than it holds', () => {
    const empty: Sparsity = { nonZeros: 0, valueBits: 1, positions: 'gaps', riceBits: 0 };
    expect(refusal(empty, new Uint8Array(0), 2 ** 31)).toMatch(/cannot hold/);
    expect(unpackSparse(new Uint8Array(0), 1000, empty, 'w')).toEqual(new Int8Array(1000));
  });

  test('after any damage, or else it is other weights', () => {
    const cases = fc.record({
      which: fc.constantFrom(gaps, bitmap, signs),
      at: fc.nat(),
      bit: fc.integer({ min: 0, max: 7 }),
    });
    fc.assert(
      fc.property(cases, ({ which: { sparsity, stored }, at, bit }) => {
        if (!sparsity) throw new Error('not sparse');
        const damaged = changed(stored, at % stored.length, (byte) => byte ^ (1 << bit));
        const before = unpackSparse(stored, count, sparsity, 'w');
        try {
          expect(sameBytes(unpackSparse(damaged, count, sparsity, 'w'), before)).toBe(false);
        } catch (error) {
          if (!(error instanceof SpikeletError)) throw error;
          expect(error.code).toBe('invalid-model');
        }
      }),
      { numRuns: 500 },
    );
  });

  const descriptions: readonly (readonly [what: string, description: unknown, message: RegExp])[] = [
    ['more non-zeros than weights', { nonZeros: 101, valueBits: 1, positions: 'bitmap' }, /nonZeros/],
    ['a count that is no number', { nonZeros: '1', valueBits: 1, positions: 'bitmap' }, /nonZeros/],
    ['values wider than the weights', { nonZeros: 1, valueBits: 5, positions: 'bitmap' }, /valueBits/],
    ['values of no bits', { nonZeros: 1, valueBits: 0, positions: 'bitmap' }, /valueBits/],
    ['unknown positions', { nonZeros: 1, valueBits: 1, positions: 'list' }, /positions/],
    ['gaps without parameter', { nonZeros: 1, valueBits: 1, positions: 'gaps' }, /riceBits/],
    ['a huge parameter', { nonZeros: 1, valueBits: 1, positions: 'gaps', riceBits: 31 }, /riceBits/],
    ['a bitmap with parameter', { nonZeros: 1, valueBits: 1, positions: 'bitmap', riceBits: 1 }, /riceBits/],
    ['an unknown field', { nonZeros: 1, valueBits: 1, positions: 'bitmap', order: 1 }, /order/],
    ['what is no object', true, /object/],
  ];
  test.each(descriptions)('where its description has %s', (_what, description, message) => {
    expect(() => asSparsity(description, 100, 4, "constant 'w' sparsity")).toThrow(message);
    expect(() => asSparsity(description, 100, 4, "constant 'w' sparsity")).toThrow(/constant 'w'/);
  });
});

describe('models with sparse weights', () => {
  test('are packed and read like others, to the same bytes', () => {
    for (const bits of [2, 4, 8] as const) {
      for (const density of [0, 0.02, 0.3]) {
        const graph = sparseModel(bits, density, 5);
        const file = pack(graph);
        const back = unpack(file);
        const [weights, before] = [back, graph].map(({ constants }) => constants.get('w')?.data);
        expect(before && sameBytes(weights, before)).toBe(true);
        expect(sameBytes(pack(back), file)).toBe(true);
      }
    }
  });

  test('leave small dense ones as they are', () => {
    const file = new TextDecoder('latin1').decode(pack(integerModel(4)));
    expect(file).not.toContain('sparsity');
  });
});
