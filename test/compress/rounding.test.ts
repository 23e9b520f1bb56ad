import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { roundCompensated } from '../../src/compress/quantize/compensated-rounding.js';
import {
  addOuterProducts,
  cholesky,
  mirrorLower,
  type SquareMatrix,
  squareMatrix,
} from '../../src/compress/quantize/linear-algebra.js';
import { chooseScales, levelsOf, roundToNearest } from '../../src/compress/quantize/weights.js';
import type { WeightBits } from '../../src/graph/tensor.js';
import { noise } from './nets.js';

/** Sum of outer products of correlated vectors: lower triangle. */
function momentOf(size: number, seed: number, vectors = size + 5): SquareMatrix {
  const moment = squareMatrix(size);
  const shared = noise(seed, vectors);
  const columns = Float64Array.from(
    noise(seed + 1, size * vectors),
    (x, i) => x + (shared[i % vectors] ?? 0),
  );
  addOuterProducts(moment, columns, vectors);
  return moment;
}

const at = ({ size, data }: SquareMatrix, i: number, j: number): number => data[i * size + j] ?? Number.NaN;

const sizes = fc.integer({ min: 1, max: 150 });
const seeds = fc.integer({ min: 1, max: 1_000_000 });

describe('linear algebra', () => {
  it('adds up outer products', () => {
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 9 }), seeds, (size, rows, seed) => {
        const columns = Float64Array.from(noise(seed, size * rows));
        const sum = squareMatrix(size);
        addOuterProducts(sum, columns, rows);
        addOuterProducts(sum, columns, rows);
        mirrorLower(sum);
        for (let n = 0; n < 40; n++) {
          const [i, j] = [(n * 7919) % size, (n * 104729) % size];
          let expected = 0;
          for (let r = 0; r < rows; r++) {
            expected += 2 * (columns[i * rows + r] ?? 0) * (columns[j * rows + r] ?? 0);
          }
          expect(at(sum, i, j)).toBeCloseTo(expected, 9);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('factorises positive definite matrices and notices others', () => {
    fc.assert(
      fc.property(sizes, seeds, (size, seed) => {
        const matrix = momentOf(size, seed);
        for (let i = 0; i < size; i++) matrix.data[i * size + i] = at(matrix, i, i) + 0.1;
        const factor = { size, data: matrix.data.slice() };
        expect(cholesky(factor)).toBe(true);
        for (let n = 0; n < 40; n++) {
          const i = (n * 7919) % size;
          const j = (n * 104729) % (i + 1);
          let product = 0;
          for (let k = 0; k <= j; k++) product += at(factor, i, k) * at(factor, j, k);
          expect(product).toBeCloseTo(at(matrix, i, j), 6);
        }
      }),
      { numRuns: 30 },
    );
    expect(cholesky({ size: 2, data: Float64Array.of(1, 0, 2, 1) })).toBe(false);
  });
});

/** (w - sq) H (w - sq)' of one row, given the whole of H. */
function objective(moment: SquareMatrix, w: ArrayLike<number>, q: ArrayLike<number>, scale: number): number {
  const { size } = moment;
  const error = Array.from({ length: size }, (_, k) => (w[k] ?? 0) - scale * (q[k] ?? 0));
  let sum = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) sum += (error[i] ?? 0) * at(moment, i, j) * (error[j] ?? 0);
  }
  return sum;
}

describe('compensated rounding', () => {
  const columns = 24;
  const rows = 6;
  const least = new Float64Array(rows);
  const cases = fc.tuple(seeds, fc.constantFrom<WeightBits>(2, 3, 4, 6));

  it('changes outputs less than rounding to nearest, as a rule by half', () => {
    const ratios: number[] = [];
    fc.assert(
      fc.property(cases, ([seed, bits]) => {
        const weights = { data: noise(seed, rows * columns), rows, columns };
        const moment = momentOf(columns, seed);
        const scales = chooseScales(weights, bits, least);
        const nearest = roundToNearest(weights, scales, bits);
        const compensated = roundCompensated(weights, scales, least, bits, [{ from: 0, moment }]);
        const total = (q: Int8Array, s: Float32Array): number =>
          Array.from(s, (scale, row) => {
            const from = row * columns;
            return objective(moment, weights.data.subarray(from, from + columns), q.subarray(from), scale);
          }).reduce((a, b) => a + b);
        const ratio = total(compensated.q, compensated.scales) / total(nearest.q, nearest.scales);
        ratios.push(ratio);
      }),
      { numRuns: 60 },
    );
    ratios.sort((a, b) => a - b);
    const quantile = (share: number): number => ratios[Math.floor(share * ratios.length)] ?? Number.NaN;
    expect(quantile(0.5)).toBeLessThan(0.6);
    expect(quantile(0.95)).toBeLessThan(1);
  });

  it('leaves no single weight that a step up or down would better', () => {
    fc.assert(
      fc.property(cases, ([seed, bits]) => {
        const weights = { data: noise(seed, columns), rows: 1, columns };
        const moment = momentOf(columns, seed);
        const { q, scales } = roundCompensated(weights, chooseScales(weights, bits, least), least, bits, [
          { from: 0, moment },
        ]);
        const levels = levelsOf(bits);
        const best = objective(moment, weights.data, q, scales[0] ?? 0);
        for (let k = 0; k < columns; k++) {
          for (const step of [-1, 1]) {
            const other = q.slice();
            other[k] = (q[k] ?? 0) + step;
            const inside = (other[k] ?? 0) >= levels.least && (other[k] ?? 0) <= levels.greatest;
            if (inside)
              expect(objective(moment, weights.data, other, scales[0] ?? 0)).toBeGreaterThan(0.999999 * best);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('treats columns in blocks as it would each block alone, but for the scale they share', () => {
    const weights = { data: noise(5, 12), rows: 1, columns: 12 };
    const blocks = [0, 6].map((from) => ({ from, moment: momentOf(6, from + 1) }));
    const whole = squareMatrix(12);
    for (const { from, moment } of blocks) {
      for (let i = 0; i < 6; i++) {
        for (let j = 0; j < 6; j++) whole.data[(from + i) * 12 + from + j] = at(moment, i, j) * 1;
      }
    }
    const scales = chooseScales(weights, 4, least);
    const parts = roundCompensated(weights, scales, least, 4, blocks);
    const joined = roundCompensated(weights, scales, least, 4, [{ from: 0, moment: whole }]);
    const ratio = objective(whole, weights.data, parts.q, parts.scales[0] ?? 0);
    expect(ratio).toBeLessThan(1.5 * objective(whole, weights.data, joined.q, joined.scales[0] ?? 0));
  });

  it('keeps scales above their least, and rounds even where nothing was seen', () => {
    const weights = { data: noise(5, 8), rows: 2, columns: 4 };
    const bounds = Float64Array.of(3, 0);
    const scales = chooseScales(weights, 4, bounds);
    const { q, scales: refined } = roundCompensated(weights, scales, bounds, 4, [
      { from: 0, moment: squareMatrix(4) },
    ]);
    expect(refined[0]).toBeGreaterThanOrEqual(3);
    const nearest = roundToNearest(weights, refined, 4);
    expect([...q]).toEqual([...nearest.q]);
  });
});

describe('scales', () => {
  it('have the least squared error among many below 8 bits, and reach the largest weight at 8', () => {
    fc.assert(
      fc.property(seeds, fc.constantFrom<WeightBits>(2, 3, 4, 5, 6, 7), (seed, bits) => {
        const weights = { data: noise(seed, 40), rows: 1, columns: 40 };
        const error = (scale: number): number => {
          const { q } = roundToNearest(weights, Float32Array.of(scale), bits);
          return weights.data.reduce((sum, w, i) => sum + (w - scale * (q[i] ?? 0)) ** 2, 0);
        };
        const [scale = 0] = chooseScales(weights, bits, [0]);
        const largest = Math.max(...weights.data.map(Math.abs));
        for (let f = 0.3; f <= 1; f += 0.1) {
          expect(error(scale)).toBeLessThan(1.1 * error((largest * f) / levelsOf(bits).greatest));
        }
        const [eight = 0] = chooseScales(weights, 8, [0]);
        expect(eight).toBe(Math.fround(largest / 127));
      }),
      { numRuns: 40 },
    );
  });
});
