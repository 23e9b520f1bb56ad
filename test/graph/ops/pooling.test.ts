import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantization } from '../../../src/graph/builder.js';
import { dequantize } from '../../../src/graph/quantized.js';
import { bytes, expectNearest, f32, floats, quantizations, reals, runNode, u8, values } from '../run.js';

const image = f32([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]);

describe('maxPool', () => {
  test('2x2 windows one apart', () => {
    const y = runNode('maxPool', [image], { attributes: { kernel: [2, 2] } });
    expect(y.shape).toEqual([1, 1, 2, 2]);
    expect(values(y)).toEqual([5, 6, 8, 9]);
  });

  test('padding never wins, not even over negative numbers', () => {
    const y = runNode('maxPool', [f32([1, 1, 1, 2], [-3, -5])], {
      attributes: { kernel: [3, 3], pads: [1, 1, 1, 1] },
    });
    expect(values(y)).toEqual([-3, -3]);
  });

  test('roundUp keeps a last partial window', () => {
    const attributes = { kernel: [2, 2], strides: [2, 2] };
    expect(values(runNode('maxPool', [image], { attributes }))).toEqual([5]);
    const up = runNode('maxPool', [image], { attributes: { ...attributes, roundUp: true } });
    expect(values(up)).toEqual([5, 6, 8, 9]);
  });

  test('roundUp drops a last window that would start in the padding', () => {
    const y = runNode('maxPool', [f32([1, 1, 1, 2], [1, 2])], {
      attributes: { kernel: [1, 2], strides: [1, 2], pads: [0, 1, 0, 1], roundUp: true },
    });
    expect(values(y)).toEqual([1, 2]);
  });

  test('dilated windows skip elements', () => {
    const y = runNode('maxPool', [image], { attributes: { kernel: [2, 2], dilations: [2, 2] } });
    expect(values(y)).toEqual([9]);
  });

  test('u8 bytes are the quantized maxima', () => {
    fc.assert(
      fc.property(bytes(50), quantizations(), (data, q) => {
        const attributes = { kernel: [3, 2], strides: [2, 1], pads: [1, 0, 1, 1] };
        const integer = runNode('maxPool', [u8([1, 2, 5, 5], data, q)], { attributes });
        const real = runNode('maxPool', [f32([1, 2, 5, 5], reals(data, q))], { attributes });
        expect(reals(integer.data, q)).toEqual(values(real));
      }),
    );
  });

  test('windows wholly in the padding are refused', () => {
    const attributes = { kernel: [2, 2], pads: [2, 0, 0, 0] };
    expect(() => runNode('maxPool', [image], { attributes })).toThrow(/node 'y' \(maxPool\): padding of 2/);
  });
});

describe('averagePool', () => {
  const padded = { kernel: [2, 2], strides: [2, 2], pads: [1, 1, 0, 0] };

  test('divides by the elements inside the input', () => {
    const y = runNode('averagePool', [image], { attributes: padded });
    expect(values(y)).toEqual([1, 2.5, 5.5, 7]);
  });

  test('countPadding divides by the padding too', () => {
    const y = runNode('averagePool', [image], { attributes: { ...padded, countPadding: true } });
    expect(values(y)).toEqual([0.25, 1.25, 2.75, 7]);
  });

  test('countPadding never counts what roundUp adds beyond the padding', () => {
    const y = runNode('averagePool', [f32([1, 1, 1, 3], [2, 4, 6])], {
      attributes: { kernel: [1, 2], strides: [1, 2], countPadding: true, roundUp: true },
    });
    expect(values(y)).toEqual([3, 6]);
  });

  test('the mean of a constant is that constant', () => {
    fc.assert(
      fc.property(fc.integer({ min: -100, max: 100 }), fc.boolean(), (value, roundUp) => {
        const x = f32([1, 1, 5, 5], new Array(25).fill(value));
        const y = runNode('averagePool', [x], {
          attributes: { kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], roundUp },
        });
        expect(new Set(values(y))).toEqual(new Set([value]));
      }),
    );
  });

  test('u8 is the nearest to the real mean', () => {
    fc.assert(
      fc.property(bytes(50), quantizations(), quantizations(), fc.boolean(), (data, q, out, countPadding) => {
        const attributes = { kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], countPadding };
        const integer = runNode('averagePool', [u8([1, 2, 5, 5], data, q)], {
          attributes,
          quantization: out,
        });
        const real = runNode('averagePool', [f32([1, 2, 5, 5], reals(data, q))], { attributes });
        expectNearest(integer.data, values(real), out);
      }),
    );
  });
});

describe('globalAveragePool', () => {
  test('one mean for each channel of each image', () => {
    const y = runNode('globalAveragePool', [f32([2, 2, 1, 2], [1, 3, 10, 30, -1, 1, 0, 5])]);
    expect(y.shape).toEqual([2, 2, 1, 1]);
    expect(values(y)).toEqual([2, 20, 0, 2.5]);
  });

  test('is the mean over height and width', () => {
    fc.assert(
      fc.property(floats(24), (data) => {
        const x = f32([2, 3, 2, 2], data);
        const mean = runNode('reduceMean', [x], { attributes: { axes: [2, 3] } });
        expect(values(runNode('globalAveragePool', [x]))).toEqual(values(mean));
      }),
    );
  });

  test('u8 rounds half to even', () => {
    const q = quantization(1, 0);
    const y = runNode('globalAveragePool', [u8([1, 2, 1, 2], [0, 1, 1, 2], q)], { quantization: q });
    expect(values(y).map((value) => dequantize(value, q))).toEqual([0, 2]);
  });

  test('u8 is the nearest to the real mean', () => {
    fc.assert(
      fc.property(bytes(18), quantizations(), quantizations(), (data, q, out) => {
        const integer = runNode('globalAveragePool', [u8([1, 2, 3, 3], data, q)], { quantization: out });
        const real = runNode('globalAveragePool', [f32([1, 2, 3, 3], reals(data, q))]);
        expectNearest(integer.data, values(real), out);
      }),
    );
  });
});
