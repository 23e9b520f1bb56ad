import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantization, weightConstant } from '../../../src/graph/builder.js';
import { constant, f32, floats, runNode, u8, values } from '../run.js';

describe('linear', () => {
  test('two rows, three features in, two out', () => {
    const y = runNode('linear', [
      f32([2, 3], [1, 2, 3, 4, 5, 6]),
      f32([2, 3], [1, 0, -1, 2, 2, 2]),
      f32([2], [10, 20]),
    ]);
    expect(y.shape).toEqual([2, 2]);
    expect(values(y)).toEqual([8, 32, 8, 50]);
  });

  test('integers: accumulate without the zero point, scale by channel, round half to even', () => {
    const y = runNode(
      'linear',
      [
        u8([1, 2], [12, 9], quantization(0.5, 10)),
        constant(weightConstant([3, 2], [1, 1, 5, 0, -3, 4], [1, 1, 0.5])),
        constant({ dtype: 'i32', shape: [3], data: Int32Array.of(0, -5, 0) }),
      ],
      { quantization: quantization(1, 100) },
    );
    // x - 10 = [2, -1]: sums 1, 5, -10; times 0.5, 0.5, 0.25: 0.5, 2.5, -2.5.
    expect(values(y)).toEqual([100, 102, 98]);
  });

  test('is linear in its input', () => {
    fc.assert(
      fc.property(floats(6), floats(8), (x, weight) => {
        const apply = (data: number[]): number[] =>
          values(runNode('linear', [f32([3, 2], data), f32([4, 2], weight)]));
        const twice = apply(x.map((value) => 2 * value));
        expect(twice).toEqual(apply(x).map((value) => 2 * value));
      }),
    );
  });

  test('a leading dimension more or less changes nothing but the shape', () => {
    const weight = f32([2, 2], [1, 2, 3, 4]);
    const flat = runNode('linear', [f32([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]), weight]);
    const nested = runNode('linear', [f32([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]), weight]);
    expect(nested.shape).toEqual([2, 2, 2]);
    expect(values(nested)).toEqual(values(flat));
  });
});
