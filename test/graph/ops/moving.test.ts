import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantization } from '../../../src/graph/builder.js';
import { elementCount } from '../../../src/graph/tensor.js';
import { bytes, dataOf, f32, f32Operand, floats, runNode, shapes, u8, values } from '../run.js';

const counting = (shape: readonly number[]) =>
  f32(
    shape,
    Array.from({ length: elementCount(shape) }, (_, i) => i),
  );
const q = quantization(0.1, 7);

const permutations = shapes({ min: 1, max: 5 }, 3).chain((shape) =>
  fc.tuple(
    fc.constant(shape),
    fc.shuffledSubarray(
      shape.map((_, i) => i),
      { minLength: shape.length },
    ),
  ),
);

describe('transpose', () => {
  test('of a matrix', () => {
    const y = runNode('transpose', [counting([2, 3])], { attributes: { permutation: [1, 0] } });
    expect(y.shape).toEqual([3, 2]);
    expect(values(y)).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test('NCHW to NHWC', () => {
    const y = runNode('transpose', [counting([1, 2, 1, 3])], { attributes: { permutation: [0, 2, 3, 1] } });
    expect(y.shape).toEqual([1, 1, 3, 2]);
    expect(values(y)).toEqual([0, 3, 1, 4, 2, 5]);
  });

  test('the inverse permutation undoes it', () => {
    fc.assert(
      fc.property(permutations, ([shape, permutation]) => {
        const there = runNode('transpose', [counting(shape)], { attributes: { permutation } });
        const inverse = permutation.map((_, i) => permutation.indexOf(i));
        const back = runNode('transpose', [f32(there.shape, there.data)], {
          attributes: { permutation: inverse },
        });
        expect(back.shape).toEqual(shape);
        expect(values(back)).toEqual(dataOf(counting(shape)));
      }),
    );
  });

  test.each([[[0, 0]], [[0]], [[0, 2]]])('%j is no permutation of two dimensions', (permutation) => {
    expect(() => runNode('transpose', [counting([2, 2])], { attributes: { permutation } })).toThrow(
      /is no permutation of 2/,
    );
  });
});

describe('reshape', () => {
  test('keeps the elements in row-major order', () => {
    const y = runNode('reshape', [counting([2, 3])], { attributes: { shape: [3, 1, 2] } });
    expect(y.shape).toEqual([3, 1, 2]);
    expect(values(y)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('to another number of elements is refused', () => {
    expect(() => runNode('reshape', [counting([2, 3])], { attributes: { shape: [7] } })).toThrow(
      /\[2, 3\] cannot become \[7\]/,
    );
  });
});

describe('concat', () => {
  test('along the channels', () => {
    const y = runNode('concat', [f32([1, 1, 1, 2], [1, 2]), f32([1, 2, 1, 2], [3, 4, 5, 6])], {
      attributes: { axis: 1 },
    });
    expect(y.shape).toEqual([1, 3, 1, 2]);
    expect(values(y)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('along the last axis', () => {
    const y = runNode('concat', [f32([2, 1], [1, 2]), f32([2, 2], [3, 4, 5, 6])], {
      attributes: { axis: 1 },
    });
    expect(values(y)).toEqual([1, 3, 4, 2, 5, 6]);
  });

  test('slices of any value joined again are that value', () => {
    const split = shapes({ min: 1, max: 4 }, 5).chain((shape) =>
      fc
        .integer({ min: 0, max: shape.length - 1 })
        .chain((axis) =>
          fc.tuple(
            fc.constant({ shape, axis }),
            fc.integer({ min: 1, max: shape[axis] ?? 1 }),
            f32Operand(shape),
          ),
        ),
    );
    fc.assert(
      fc.property(split, ([{ shape, axis }, at, x]) => {
        fc.pre(at < (shape[axis] ?? 1));
        const part = (starts: number[], ends: number[]) =>
          runNode('slice', [x], { attributes: { starts, ends, axes: [axis] } });
        const parts = [part([0], [at]), part([at], [2 ** 40])];
        const joined = runNode(
          'concat',
          parts.map(({ shape: own, data }) => f32(own, data)),
          { attributes: { axis } },
        );
        expect(joined.shape).toEqual(shape);
        expect(values(joined)).toEqual(dataOf(x));
      }),
    );
  });

  test('u8 of different quantizations is refused', () => {
    const operands = [u8([1], [1], q), u8([1], [1], quantization(0.2, 7))];
    expect(() => runNode('concat', operands, { attributes: { axis: 0 } })).toThrow(
      /cannot be joined on axis 0/,
    );
  });

  test('shapes that differ elsewhere are refused', () => {
    const operands = [counting([2, 2]), counting([3, 2])];
    expect(() => runNode('concat', operands, { attributes: { axis: 1 } })).toThrow(
      /cannot be joined on axis 1/,
    );
  });
});

describe('slice', () => {
  const slice = (x: ReturnType<typeof f32>, starts: number[], ends: number[], more: object = {}) =>
    runNode('slice', [x], { attributes: { starts, ends, ...more } });

  test.each([
    ['a range', [2], [5], {}, [2, 3, 4]],
    ['from the end', [-3], [-1], {}, [7, 8]],
    ['beyond the end', [8], [2 ** 60], {}, [8, 9]],
    ['every third', [1], [10], { steps: [3] }, [1, 4, 7]],
    ['backwards', [2 ** 60], [-(2 ** 60)], { steps: [-4] }, [9, 5, 1]],
    ['backwards to the very first', [-1], [-(2 ** 60)], { steps: [-3] }, [9, 6, 3, 0]],
    ['backwards, last excluded', [4], [0], { steps: [-2] }, [4, 2]],
  ])('%s', (_what, starts, ends, more, expected) => {
    expect(values(slice(counting([10]), starts, ends, more))).toEqual(expected);
  });

  test('of some axes leaves the others whole', () => {
    const y = slice(counting([2, 3, 2]), [1], [3], { axes: [1] });
    expect(y.shape).toEqual([2, 2, 2]);
    expect(values(y)).toEqual([2, 3, 4, 5, 8, 9, 10, 11]);
  });

  test('agrees with JavaScript for steps of 1', () => {
    const bounds = fc.integer({ min: -12, max: 12 });
    fc.assert(
      fc.property(bounds, bounds, (start, end) => {
        const expected = Array.from({ length: 10 }, (_, i) => i).slice(start, end);
        fc.pre(expected.length > 0);
        expect(values(slice(counting([10]), [start], [end]))).toEqual(expected);
      }),
    );
  });

  test.each([
    ['nothing left', [5], [5], {}, /takes nothing/],
    ['a step of 0', [0], [5], { steps: [0] }, /steps must not be 0/],
    ['an axis twice', [0, 0], [5, 5], { axes: [0, 0] }, /must be distinct/],
    ['an axis that is not there', [0], [5], { axes: [1] }, /must be distinct and exist/],
    ['lists of different lengths', [0], [5, 6], {}, /one entry for each axis/],
  ])('%s is refused', (_what, starts, ends, more, message) => {
    expect(() => slice(counting([10]), starts, ends, more)).toThrow(message);
  });
});

describe('pad', () => {
  const pad = (x: ReturnType<typeof f32>, pads: number[], more: object = {}) =>
    runNode('pad', [x], { attributes: { pads, ...more } });

  test('with a constant', () => {
    const y = pad(f32([1, 2], [1, 2]), [1, 0, 0, 2], { value: 9 });
    expect(y.shape).toEqual([2, 4]);
    expect(values(y)).toEqual([9, 9, 9, 9, 1, 2, 9, 9]);
  });

  test('with the edge', () => {
    expect(values(pad(counting([3]), [2, 1], { mode: 'edge' }))).toEqual([0, 0, 0, 1, 2, 2]);
  });

  test('with the mirror image', () => {
    expect(values(pad(counting([3]), [2, 2], { mode: 'reflect' }))).toEqual([2, 1, 0, 1, 2, 1, 0]);
  });

  test('u8 is filled with its zero point', () => {
    expect(values(pad(u8([2], [1, 2], q), [1, 1]))).toEqual([7, 1, 2, 7]);
    expect(values(pad(u8([2], [1, 2], q), [1, 0], { value: 0.5 }))).toEqual([12, 1, 2]);
  });

  test('a slice takes the padding off again', () => {
    const padded = shapes({ min: 1, max: 4 }, 3).chain((shape) =>
      fc.tuple(
        f32Operand(shape),
        fc.constant(shape),
        fc.array(fc.integer({ min: 0, max: 2 }), {
          minLength: 2 * shape.length,
          maxLength: 2 * shape.length,
        }),
        fc.constantFrom('constant' as const, 'edge' as const),
      ),
    );
    fc.assert(
      fc.property(padded, ([x, shape, pads, mode]) => {
        const wide = pad(x, pads, { mode, value: 3 });
        const starts = pads.slice(0, shape.length);
        const ends = starts.map((begin, i) => begin + (shape[i] ?? 0));
        const back = runNode('slice', [f32(wide.shape, wide.data)], { attributes: { starts, ends } });
        expect(values(back)).toEqual(dataOf(x));
      }),
    );
  });

  test('a reflection of more than there is is refused', () => {
    expect(() => pad(counting([3]), [3, 0], { mode: 'reflect' })).toThrow(/reflect more than \[3\] has/);
  });

  test('pads of the wrong number are refused', () => {
    expect(() => pad(counting([3]), [1])).toThrow(/pads must have 2 entries/);
  });
});

describe('moved bytes', () => {
  test('are the same bytes that the f32 form moves', () => {
    fc.assert(
      fc.property(bytes(24), (data) => {
        const attributes = { permutation: [0, 3, 1, 2] };
        const integer = runNode('transpose', [u8([1, 2, 3, 4], data, q)], { attributes });
        const real = runNode('transpose', [f32([1, 2, 3, 4], data)], { attributes });
        expect(values(integer)).toEqual(values(real));
      }),
    );
  });

  test('keep their quantization: another one is refused', () => {
    const x = u8([2], [1, 2], q);
    const attributes = { shape: [1, 2] };
    expect(() => runNode('reshape', [x], { attributes, quantization: quantization(1, 0) })).toThrow(
      /moves bytes/,
    );
    expect(values(runNode('reshape', [x], { attributes, quantization: q }))).toEqual([1, 2]);
  });
});

describe('identity', () => {
  test('padding by nothing and slicing everything changes nothing', () => {
    fc.assert(
      fc.property(floats(6), (data) => {
        const x = f32([2, 3], data);
        expect(values(runNode('pad', [x], { attributes: { pads: [0, 0, 0, 0] } }))).toEqual(data);
        expect(values(runNode('slice', [x], { attributes: { starts: [], ends: [] } }))).toEqual(data);
      }),
    );
  });
});
