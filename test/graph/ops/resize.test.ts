import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantization } from '../../../src/graph/builder.js';
import { coordinateModes, roundingModes } from '../../../src/graph/interpolation.js';
import { bytes, f32, floats, runNode, u8, values } from '../run.js';

const row = f32([1, 1, 1, 4], [10, 20, 30, 40]);

const resizeRow = (width: number, attributes: object): number[] =>
  values(runNode('resize', [row], { attributes: { sizes: [1, 1, 1, width], ...attributes } }));

describe('resize, nearest', () => {
  test.each([
    ['half_pixel', 'round_prefer_floor', 8, [10, 10, 20, 20, 30, 30, 40, 40]],
    ['asymmetric', 'floor', 8, [10, 10, 20, 20, 30, 30, 40, 40]],
    ['asymmetric', 'round_prefer_floor', 8, [10, 10, 20, 20, 30, 30, 40, 40]],
    ['asymmetric', 'round_prefer_ceil', 8, [10, 20, 20, 30, 30, 40, 40, 40]],
    ['asymmetric', 'ceil', 8, [10, 20, 20, 30, 30, 40, 40, 40]],
    ['align_corners', 'round_prefer_ceil', 3, [10, 30, 40]],
    ['align_corners', 'round_prefer_floor', 3, [10, 20, 40]],
    ['half_pixel', 'round_prefer_floor', 2, [10, 30]],
    ['half_pixel', 'round_prefer_ceil', 2, [20, 40]],
    ['pytorch_half_pixel', 'floor', 1, [10]],
  ])('%s, %s to %i columns', (coordinates, rounding, width, expected) => {
    expect(resizeRow(width, { coordinates, rounding })).toEqual(expected);
  });

  test('positions that are whole numbers are not spoilt by rounding errors', () => {
    const y = runNode('resize', [f32([1, 1, 1, 2], [0, 1])], {
      attributes: { sizes: [1, 1, 1, 98], coordinates: 'asymmetric', rounding: 'floor' },
    });
    expect(values(y)).toEqual([...new Array(49).fill(0), ...new Array(49).fill(1)]);
  });

  test('to the same size changes nothing, whatever the mode', () => {
    const modes = fc.record({
      coordinates: fc.constantFrom(...coordinateModes),
      rounding: fc.constantFrom(...roundingModes),
      mode: fc.constantFrom('nearest' as const, 'linear' as const),
    });
    fc.assert(
      fc.property(modes, floats(12), (attributes, data) => {
        const y = runNode('resize', [f32([1, 2, 2, 3], data)], {
          attributes: { sizes: [1, 2, 2, 3], ...attributes },
        });
        expect(values(y)).toEqual(data);
      }),
    );
  });

  test('u8 bytes move as f32 does', () => {
    fc.assert(
      fc.property(bytes(12), (data) => {
        const attributes = { sizes: [1, 2, 5, 4] };
        const integer = runNode('resize', [u8([1, 2, 2, 3], data, quantization(0.1, 3))], { attributes });
        const real = runNode('resize', [f32([1, 2, 2, 3], data)], { attributes });
        expect(values(integer)).toEqual(values(real));
      }),
    );
  });
});

describe('resize, linear', () => {
  test.each([
    ['half_pixel', 8, [10, 12.5, 17.5, 22.5, 27.5, 32.5, 37.5, 40]],
    ['asymmetric', 8, [10, 15, 20, 25, 30, 35, 40, 40]],
    ['align_corners', 7, [10, 15, 20, 25, 30, 35, 40]],
    ['half_pixel', 2, [15, 35]],
    ['half_pixel', 1, [25]],
    ['pytorch_half_pixel', 1, [10]],
  ])('%s to %i columns', (coordinates, width, expected) => {
    expect(resizeRow(width, { mode: 'linear', coordinates })).toEqual(expected);
  });

  test('of a 2x2 image, both axes at once', () => {
    const y = runNode('resize', [f32([1, 1, 2, 2], [1, 2, 3, 4])], {
      attributes: { sizes: [1, 1, 3, 3], mode: 'linear', coordinates: 'align_corners' },
    });
    expect(values(y)).toEqual([1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4]);
  });

  test('scales of the model are used for positions', () => {
    const y = resizeRow(5, { mode: 'linear', coordinates: 'asymmetric', scales: [1, 1.25] });
    const other = resizeRow(5, { mode: 'linear', coordinates: 'asymmetric', scales: [1, 1.4] });
    expect(y).toEqual([10, 18, 26, 34, 40]);
    expect(other).not.toEqual(y);
  });
});

describe('resize refuses', () => {
  const x = f32([1, 2, 2, 3], new Array(12).fill(0));

  test('to change batch or channels', () => {
    expect(() => runNode('resize', [x], { attributes: { sizes: [1, 3, 2, 3] } })).toThrow(
      /only height and width/,
    );
  });

  test('linear interpolation of u8', () => {
    const bytesOf = u8([1, 1, 1, 1], [0], quantization(1, 0));
    const attributes = { sizes: [1, 1, 2, 2], mode: 'linear' as const };
    expect(() => runNode('resize', [bytesOf], { attributes })).toThrow(/f32 only/);
  });

  test('scales that are not two positive numbers', () => {
    const attributes = { sizes: [1, 2, 2, 3], scales: [1, -1] };
    expect(() => runNode('resize', [x], { attributes })).toThrow(/two positive numbers/);
  });
});
