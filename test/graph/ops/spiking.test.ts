import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantization, weightConstant } from '../../../src/graph/builder.js';
import { constant, f32, floats, type Operand, runNode, u8, values } from '../run.js';

const spike = quantization(1, 0);
const fixed = (shape: readonly number[], data: readonly number[]): Operand =>
  constant({ dtype: 'f32', shape, data: Float32Array.from(data) });
const bits = (count: number) =>
  fc.array(fc.integer({ min: 0, max: 1 }), { minLength: count, maxLength: count });

describe('integrate', () => {
  test('the last membrane, or all of them', () => {
    const inputs = [f32([3, 2], [1, 2, 1, 2, 1, 2]), fixed([2], [1, 0.5])];
    expect(runNode('integrate', inputs)).toMatchObject({ shape: [1, 2], data: Float32Array.of(3, 3.5) });
    const all = runNode('integrate', inputs, { attributes: { output: 'all' } });
    expect(all).toMatchObject({ shape: [3, 2], data: Float32Array.of(1, 2, 2, 3, 3, 3.5) });
  });

  test('a current of one step is added at every step', () => {
    const y = runNode('integrate', [f32([1, 1], [0.25]), fixed([1], [1])], { attributes: { steps: 4 } });
    expect(values(y)).toEqual([1]);
  });
});

describe('delay', () => {
  const x = f32([3, 2], [1, 2, 3, 4, 5, 6]);

  test('zeros come first and the last steps never', () => {
    expect(values(runNode('delay', [x], { attributes: { steps: 1 } }))).toEqual([0, 0, 1, 2, 3, 4]);
    expect(values(runNode('delay', [x], { attributes: { steps: 7 } }))).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('a delay for each neuron', () => {
    const delays = constant({ dtype: 'i32', shape: [2], data: Int32Array.of(0, 2) });
    expect(values(runNode('delay', [x, delays]))).toEqual([1, 0, 3, 0, 5, 2]);
  });

  test('u8 starts with what means zero', () => {
    const y = runNode('delay', [u8([2, 1], [9, 8], quantization(1, 7))], { attributes: { steps: 1 } });
    expect(values(y)).toEqual([7, 9]);
  });

  test('negative delays are refused', () => {
    const delays = constant({ dtype: 'i32', shape: [1], data: Int32Array.of(-1) });
    expect(() => runNode('delay', [x, delays])).toThrow(/delay 0 is -1, must be from 0 to 65536/);
  });
});

describe('threshold', () => {
  test('fires above the threshold and keeps nothing', () => {
    const inputs = [f32([2, 2], [1, 3, 2, 2]), fixed([2], [1, 2])];
    expect(values(runNode('threshold', inputs))).toEqual([0, 1, 1, 0]);
    expect(values(runNode('threshold', inputs, { attributes: { inclusive: true } }))).toEqual([1, 1, 1, 1]);
  });
});

describe('sumPool', () => {
  const attributes = { kernel: [2, 2], strides: [2, 2] };

  test('counts spikes', () => {
    const x = u8([1, 1, 2, 4], [1, 1, 0, 1, 1, 1, 0, 0], spike);
    expect(values(runNode('sumPool', [x], { attributes, quantization: spike }))).toEqual([4, 1]);
  });

  test('u8 has a scale of its own: sums of spikes by 1/4 are their mean', () => {
    const x = u8([1, 1, 2, 4], [1, 1, 0, 1, 1, 1, 0, 0], spike);
    const own = { attributes, quantization: quantization(0.25, 0) };
    expect(values(runNode('sumPool', [x], { attributes, quantization: quantization(4, 0) }))).toEqual([1, 0]);
    expect(values(runNode('sumPool', [x], own))).toEqual([16, 4]);
  });

  test('padding adds nothing', () => {
    const y = runNode('sumPool', [f32([1, 1, 1, 2], [3, 5])], {
      attributes: { kernel: [1, 2], strides: [1, 2], pads: [0, 1, 0, 1] },
    });
    expect(values(y)).toEqual([3, 5]);
  });

  test('is the mean times the elements of a window', () => {
    fc.assert(
      fc.property(floats(32), (data) => {
        const x = f32([1, 2, 4, 4], data);
        const mean = values(runNode('averagePool', [x], { attributes }));
        expect(values(runNode('sumPool', [x], { attributes }))).toEqual(mean.map((value) => 4 * value));
      }),
    );
  });
});

describe('weights over spikes', () => {
  test('integer weights into f32: the sum is exact, then scaled by input and channel', () => {
    const y = runNode('linear', [
      u8([2, 2], [1, 1, 0, 1], spike),
      constant(weightConstant([2, 2], [3, 4, -5, 2], [0.5, 0.25])),
      constant({ dtype: 'i32', shape: [2], data: Int32Array.of(1, 0) }),
    ]);
    expect(y).toMatchObject({ dtype: 'f32', shape: [2, 2], data: Float32Array.of(4, -0.75, 2.5, 0.5) });
  });

  test('integer weights of scale 1 give the integers', () => {
    fc.assert(
      fc.property(
        bits(18),
        fc.array(fc.integer({ min: -128, max: 127 }), { minLength: 18, maxLength: 18 }),
        (x, w) => {
          const y = runNode('conv', [
            u8([1, 2, 3, 3], x, spike),
            constant(weightConstant([1, 2, 3, 3], w, [1])),
          ]);
          expect(values(y)).toEqual([w.reduce((sum, weight, i) => sum + weight * (x[i] ?? 0), 0) + 0]);
        },
      ),
    );
  });

  test('f32 weights are added up in the order rows, columns, channels, and the bias at the end', () => {
    const large = 2 ** 24;
    const weights = fixed([1, 2, 1, 2], [large, -large, 1, 0.5]);
    const x = u8([1, 2, 1, 2], [1, 1, 1, 1], spike);
    // ((2^24 + 1) - 2^24) + 0.5: the 1 is lost.
    expect(values(runNode('conv', [x, weights]))).toEqual([0.5]);
    expect(values(runNode('conv', [x, weights, fixed([1], [0.25])]))).toEqual([0.75]);
  });

  test('f32 weights: a pooled spike counts as its share', () => {
    const x = u8([1, 2], [3, 1], quantization(0.25, 0));
    expect(values(runNode('linear', [x, fixed([1, 2], [4, 8])]))).toEqual([5]);
  });

  test('a convolution over one pixel is a linear layer', () => {
    fc.assert(
      fc.property(bits(5), floats(10), floats(2), (x, w, b) => {
        const dense = runNode('linear', [u8([1, 5], x, spike), fixed([2, 5], w), fixed([2], b)]);
        const window = [u8([1, 5, 1, 1], x, spike), fixed([2, 5, 1, 1], w), fixed([2], b)];
        expect(values(runNode('conv', window))).toEqual(values(dense));
      }),
    );
  });

  test('groups read their own channels', () => {
    const x = u8([1, 2, 1, 1], [1, 0], spike);
    const y = runNode('conv', [x, fixed([2, 1, 1, 1], [5, 7])], { attributes: { groups: 2 } });
    expect(values(y)).toEqual([5, 0]);
  });

  test('f32 weights need a zero point of 0 and finite numbers', () => {
    const shifted = u8([1, 1], [1], quantization(1, 3));
    expect(() => runNode('linear', [shifted, fixed([1, 1], [1])])).toThrow(/zero point 0, got 3/);
    const x = u8([1, 1], [0], spike);
    expect(() => runNode('linear', [x, fixed([1, 1], [Infinity])])).toThrow(
      /element 0 of input 1 is Infinity/,
    );
  });
});
