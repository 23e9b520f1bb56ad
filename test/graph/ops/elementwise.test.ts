import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantization } from '../../../src/graph/builder.js';
import { elementCount } from '../../../src/graph/tensor.js';
import {
  dataOf,
  expectNearest,
  f32,
  f32Operand,
  quantizations,
  reals,
  runNode,
  shapes,
  u8,
  u8Operand,
  values,
} from '../run.js';

const binary = {
  add: (a: number, b: number) => a + b,
  subtract: (a: number, b: number) => a - b,
  multiply: (a: number, b: number) => a * b,
  divide: (a: number, b: number) => a / b,
  minimum: (a: number, b: number) => Math.min(a, b),
  maximum: (a: number, b: number) => Math.max(a, b),
  power: (a: number, b: number) => a ** b,
};
const names = Object.keys(binary) as (keyof typeof binary)[];

/** Two shapes that broadcast: sizes become 1 and leading dimensions vanish at random. */
const broadcastable = shapes({ min: 0, max: 4 }, 3).chain((shape) => {
  const operand = fc
    .tuple(fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.integer({ min: 0, max: shape.length }))
    .map(([keep, dropped]) => shape.map((size, i) => (keep[i] ? size : 1)).slice(dropped));
  return fc.tuple(operand, operand);
});

/** Element of a broadcast operand at the given output indices. */
function elementAt(shape: readonly number[], data: readonly number[], indices: readonly number[]): number {
  const own = indices.slice(indices.length - shape.length);
  const flat = shape.reduce((at, size, i) => at * size + (size === 1 ? 0 : (own[i] ?? 0)), 0);
  return data[flat] ?? Number.NaN;
}

const indicesOf = (shape: readonly number[], flat: number): number[] => {
  let rest = flat;
  return [...shape]
    .reverse()
    .map((size) => {
      const index = rest % size;
      rest = Math.floor(rest / size);
      return index;
    })
    .reverse();
};

describe.each(names)('%s', (op) => {
  test('is elementwise after broadcasting', () => {
    const operands = broadcastable.chain(([a, b]) =>
      fc.tuple(fc.constant([a, b]), f32Operand(a), f32Operand(b)),
    );
    fc.assert(
      fc.property(operands, ([[a = [], b = []], x, y]) => {
        const result = runNode(op, [x, y]);
        expect(elementCount(result.shape)).toBe(result.data.length);
        const expected = values(result).map((_, i) => {
          const at = indicesOf(result.shape, i);
          return Math.fround(binary[op](elementAt(a, dataOf(x), at), elementAt(b, dataOf(y), at)));
        });
        expect(values(result)).toEqual(expected);
      }),
    );
  });
});

describe.each(['add', 'subtract', 'multiply'] as const)('%s of u8', (op) => {
  test('is the nearest to the real result', () => {
    const operands = fc
      .tuple(quantizations(), quantizations(), quantizations())
      .chain(([qa, qb, out]) =>
        fc.tuple(fc.constant({ qa, qb, out }), u8Operand([2, 3, 2, 2], qa), u8Operand([3, 1, 1], qb)),
      );
    fc.assert(
      fc.property(operands, ([{ qa, qb, out }, a, b]) => {
        const integer = runNode(op, [a, b], { quantization: out });
        const real = runNode(op, [
          f32([2, 3, 2, 2], reals(dataOf(a), qa)),
          f32([3, 1, 1], reals(dataOf(b), qb)),
        ]);
        expectNearest(integer.data, values(real), out);
      }),
    );
  });
});

describe('integer sums', () => {
  const q = quantization(1, 10);

  test('of equal scales are exact integer sums, saturated', () => {
    const y = runNode('add', [u8([4], [10, 12, 200, 0], q), u8([4], [11, 5, 200, 0], q)], {
      quantization: q,
    });
    expect(values(y)).toEqual([11, 7, 255, 0]);
  });

  test('round halves to even', () => {
    const half = quantization(0.5, 0);
    const y = runNode('add', [u8([3], [1, 2, 4], half), u8([3], [0, 1, 1], half)], {
      quantization: quantization(1, 0),
    });
    expect(values(y)).toEqual([0, 2, 2]);
  });

  test('a - b is a + (-b)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 255 }),
        fc.integer({ min: 0, max: 255 }),
        quantizations(),
        (a, b, out) => {
          const negated = quantization(1, 255 - 10);
          const difference = runNode('subtract', [u8([1], [a], q), u8([1], [b], q)], { quantization: out });
          const sum = runNode('add', [u8([1], [a], q), u8([1], [255 - b], negated)], { quantization: out });
          expect(values(difference)).toEqual(values(sum));
        },
      ),
    );
  });
});

describe('broadcasting', () => {
  test('of shapes that do not fit names both', () => {
    const operands = [f32([2, 3], new Array(6).fill(0)), f32([2], [0, 0])];
    expect(() => runNode('add', operands)).toThrow(/\[2, 3\] and \[2\] cannot be broadcast/);
  });

  test('f32 and u8 do not mix', () => {
    const operands = [f32([1], [0]), u8([1], [0], quantization(1, 0))];
    expect(() => runNode('add', operands)).toThrow(/must both be f32 or u8, got f32 and u8/);
    expect(() => runNode('divide', [operands[1] ?? f32([], [0]), f32([1], [0])])).toThrow(/must both be f32/);
  });
});
