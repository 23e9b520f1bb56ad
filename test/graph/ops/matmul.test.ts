import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { f32, floats, runNode, values } from '../run.js';

describe('matmul', () => {
  test('2x3 times 3x2', () => {
    const y = runNode('matmul', [f32([2, 3], [1, 2, 3, 4, 5, 6]), f32([3, 2], [1, 2, 3, 4, 5, 6])]);
    expect(y.shape).toEqual([2, 2]);
    expect(values(y)).toEqual([22, 28, 49, 64]);
  });

  test('batches broadcast', () => {
    const y = runNode('matmul', [f32([2, 1, 1, 2], [1, 2, 3, 4]), f32([2, 2, 1], [1, 1, 10, 100])]);
    expect(y.shape).toEqual([2, 2, 1, 1]);
    expect(values(y)).toEqual([3, 210, 7, 430]);
  });

  test('the identity matrix changes nothing', () => {
    fc.assert(
      fc.property(floats(12), (a) => {
        const identity = f32([3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1]);
        expect(values(runNode('matmul', [f32([2, 2, 3], a), identity]))).toEqual(a);
      }),
    );
  });

  test('a linear layer is a matrix product with the transposed weight', () => {
    fc.assert(
      fc.property(floats(6), floats(6), (x, w) => {
        const linear = runNode('linear', [f32([2, 3], x), f32([2, 3], w)]);
        const transposed = [0, 3, 1, 4, 2, 5].map((i) => w[i] ?? 0);
        const product = runNode('matmul', [f32([2, 3], x), f32([3, 2], transposed)]);
        expect(values(product)).toEqual(values(linear));
      }),
    );
  });
});
