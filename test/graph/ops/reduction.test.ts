import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { f32, f32Operand, floats, runNode, shapes, values } from '../run.js';

const x = f32([2, 3], [1, 2, 3, 4, 5, 9]);

describe('reductions', () => {
  test.each([
    ['reduceSum', [0], [5, 7, 12]],
    ['reduceSum', [1], [6, 18]],
    ['reduceMean', [1], [2, 6]],
    ['reduceMax', [0, 1], [9]],
    ['reduceMin', [0], [1, 2, 3]],
  ] as const)('%s along %j', (op, axes, expected) => {
    expect(values(runNode(op, [x], { attributes: { axes } }))).toEqual(expected);
  });

  test('keepDimensions leaves a size of 1, otherwise the axis goes', () => {
    expect(runNode('reduceSum', [x], { attributes: { axes: [1] } }).shape).toEqual([2, 1]);
    expect(runNode('reduceSum', [x], { attributes: { axes: [1], keepDimensions: false } }).shape).toEqual([
      2,
    ]);
    expect(runNode('reduceSum', [x], { attributes: { axes: [0, 1], keepDimensions: false } }).shape).toEqual(
      [],
    );
  });

  test('one axis after the other is both at once, in any order', () => {
    const cases = shapes({ min: 2, max: 4 }, 3).chain((shape) =>
      fc.tuple(
        f32Operand(shape),
        fc.shuffledSubarray(
          shape.map((_, i) => i),
          { minLength: 2, maxLength: 2 },
        ),
        fc.constantFrom('reduceMax' as const, 'reduceMin' as const, 'reduceSum' as const),
      ),
    );
    fc.assert(
      fc.property(cases, ([operand, axes, op]) => {
        const [first = 0, second = 1] = axes;
        const once = runNode(op, [operand], { attributes: { axes } });
        const half = runNode(op, [operand], { attributes: { axes: [first] } });
        const both = runNode(op, [f32(half.shape, half.data)], { attributes: { axes: [second] } });
        expect(values(both)).toEqual(values(once));
      }),
    );
  });

  test.each([
    [[], /must be distinct and exist/],
    [[0, 0], /must be distinct and exist/],
    [[2], /must be distinct and exist/],
    [[-1], /attribute 'axes' must be/],
  ])('axes %j are refused', (axes, message) => {
    expect(() => runNode('reduceSum', [x], { attributes: { axes } })).toThrow(message);
  });
});

describe('softmax', () => {
  test('of two equal numbers is a half each', () => {
    expect(values(runNode('softmax', [f32([1, 2], [3, 3])], { attributes: { axis: 1 } }))).toEqual([
      0.5, 0.5,
    ]);
  });

  test('sums to 1 along its axis, whatever the size of the inputs', () => {
    fc.assert(
      fc.property(floats(12), fc.integer({ min: 0, max: 2 }), (data, axis) => {
        const large = f32(
          [2, 3, 2],
          data.map((value) => value * 1000),
        );
        const y = runNode('softmax', [large], { attributes: { axis } });
        const sums = runNode('reduceSum', [f32(y.shape, y.data)], { attributes: { axes: [axis] } });
        for (const sum of values(sums)) expect(sum).toBeCloseTo(1, 6);
      }),
    );
  });

  test('adding a constant changes nothing', () => {
    fc.assert(
      fc.property(floats(4), fc.integer({ min: -8, max: 8 }), (data, shift) => {
        const apply = (logits: number[]) =>
          values(runNode('softmax', [f32([4], logits)], { attributes: { axis: 0 } }));
        expect(apply(data.map((value) => value + shift))).toEqual(apply(data));
      }),
    );
  });

  test('logSoftmax is its logarithm', () => {
    fc.assert(
      fc.property(floats(6), (data) => {
        const operand = f32([2, 3], data);
        const probabilities = values(runNode('softmax', [operand], { attributes: { axis: 1 } }));
        const logarithms = values(runNode('logSoftmax', [operand], { attributes: { axis: 1 } }));
        logarithms.forEach((value, i) => {
          expect(Math.abs(Math.exp(value) - (probabilities[i] ?? 0))).toBeLessThan(1e-6);
        });
      }),
    );
  });

  test('an axis that is not there is refused', () => {
    expect(() => runNode('softmax', [f32([2], [0, 0])], { attributes: { axis: 1 } })).toThrow(
      /axis 1 does not exist in \[2\]/,
    );
  });
});

describe('batchNorm', () => {
  const parameters = [
    [2, 1],
    [10, 0],
    [1, 5],
    [4, 1],
  ].map((data) => f32([2], data));

  test('normalizes each channel', () => {
    const y = runNode('batchNorm', [f32([1, 2, 1, 2], [1, 3, 5, 7]), ...parameters], {
      attributes: { epsilon: 0 },
    });
    expect(values(y)).toEqual([10, 12, 0, 2]);
  });

  test('epsilon is added to the variance', () => {
    const y = runNode('batchNorm', [f32([1, 2], [3, 7]), ...parameters], { attributes: { epsilon: 12 } });
    expect(values(y)[0]).toBe(11);
  });

  test('parameters of another length are refused', () => {
    const x3 = f32([1, 3], [0, 0, 0]);
    expect(() => runNode('batchNorm', [x3, ...parameters])).toThrow(/scale must be f32\[3\]/);
  });
});
