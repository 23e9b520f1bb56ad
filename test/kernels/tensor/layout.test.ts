import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matrixUnits, spanUnits } from '../../../src/compile/kernels/tensor-units.js';
import { bytesFrom, seed } from './generate.js';
import { run, untouched } from './run.js';

const sizeOfElement = fc.constantFrom(1, 4);
const copyElement = (output: Uint8Array, to: number, input: Uint8Array, from: number, size: number): void => {
  output.set(input.subarray(from * size, (from + 1) * size), to * size);
};

/** Every index of a shape, in row-major order. */
function indices(sizes: readonly number[]): number[][] {
  return sizes.reduce<number[][]>(
    (list, size) => list.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  );
}

describe('transpose', () => {
  /** One output dimension: how many of the input's, from where, by which step; or the same one again. */
  const dimension = fc.record({
    size: fc.integer({ min: 1, max: 4 }),
    step: fc.constantFrom(1, 1, 1, 2, -1, -2, 0),
  });
  const wide = fc.record({ size: fc.integer({ min: 1, max: 70 }), step: fc.constantFrom(1, 1, 2, -1, 0) });

  it('permutes, slices with steps, reverses and repeats', () => {
    const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 });
    const dimensions = fc.tuple(dimension, dimension, dimension, dimension, dimension, wide);
    fc.assert(
      fc.property(dimensions, order, sizeOfElement, seed, (walks, order, element, seed) => {
        const strides = new Array<number>(6).fill(0);
        let [elements, start] = [1, 0];
        for (const axis of order) {
          const { size, step } = walks[axis] ?? { size: 1, step: 0 };
          strides[axis] = step * elements;
          if (step < 0) start -= step * (size - 1) * elements;
          elements *= Math.max(1, Math.abs(step)) * size;
        }
        const input = bytesFrom(seed, elements * element);
        const all = indices(walks.map(({ size }) => size));
        const expected = new Uint8Array(all.length * element);
        all.forEach((index, at) => {
          const from = index.reduce((sum, i, axis) => sum + i * (strides[axis] ?? 0), start);
          copyElement(expected, at, input, from, element);
        });
        const numbers: Record<string, number> = {};
        walks.forEach(({ size }, i) => {
          numbers[`size${i}`] = size;
          numbers[`stride${i}`] = strides[i] ?? 0;
        });
        const actual = run({
          kernel: element === 1 ? 'u8_transpose' : 'f32_transpose',
          inputs: { input },
          outputBytes: expected.length,
          numbers,
          offsets: { input: start * element },
          units: spanUnits(all.length),
        });
        expect(Buffer.compare(actual, expected)).toBe(0);
      }),
    );
  });
});

describe('transpose_matrix', () => {
  const side = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(49, 64));

  it('exchanges rows and columns of each matrix', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        side,
        side,
        sizeOfElement,
        seed,
        (matrices, rows, columns, element, seed) => {
          const input = bytesFrom(seed, matrices * rows * columns * element);
          const expected = new Uint8Array(input.length);
          for (const [matrix = 0, row = 0, column = 0] of indices([matrices, rows, columns])) {
            const to = (matrix * columns + column) * rows + row;
            copyElement(expected, to, input, (matrix * rows + row) * columns + column, element);
          }
          const actual = run({
            kernel: element === 1 ? 'u8_transpose_matrix' : 'f32_transpose_matrix',
            inputs: { input },
            outputBytes: expected.length,
            numbers: { rows, columns },
            units: matrixUnits(matrices, columns),
          });
          expect(Buffer.compare(actual, expected)).toBe(0);
        },
      ),
    );
  });
});

describe('u8_copy_rows', () => {
  it('copies rows between strides and leaves the bytes between them alone', () => {
    const bytes = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(256, 511, 512, 700));
    const gap = fc.integer({ min: 0, max: 20 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        bytes,
        gap,
        gap,
        seed,
        (rows, bytes, inputGap, outputGap, seed) => {
          const [inputStride, outputStride] = [bytes + inputGap, bytes + outputGap];
          const input = bytesFrom(seed, rows * inputStride);
          const expected = new Uint8Array(rows * outputStride).fill(untouched);
          for (let row = 0; row < rows; row++) {
            expected.set(input.subarray(row * inputStride, row * inputStride + bytes), row * outputStride);
          }
          const numbers = { bytes, inputStride, outputStride };
          const call = {
            kernel: 'u8_copy_rows',
            inputs: { input },
            outputBytes: expected.length,
            numbers,
            units: rows,
          };
          expect(Buffer.compare(run(call), expected)).toBe(0);
        },
      ),
    );
  });
});
