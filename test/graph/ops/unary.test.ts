import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantization } from '../../../src/graph/builder.js';
import { type UnaryNode, unaryOperations } from '../../../src/graph/ops/table.js';
import { bytes, expectNearest, f32, floats, quantizations, reals, runNode, u8, values } from '../run.js';

type UnaryName = UnaryNode['op'];

const names = (Object.keys(unaryOperations) as UnaryName[]).filter((name) => name !== 'requantize');

/** Rows of function, input, expected output; from PyTorch where the formula is not plain. */
const cases: [UnaryName, number, number][] = [
  ['relu', -2, 0],
  ['relu', 3, 3],
  ['leakyRelu', -2, -0.02],
  ['leakyRelu', 2, 2],
  ['sigmoid', 0, 0.5],
  ['sigmoid', 2, 0.8807970779778823],
  ['tanh', -0.5, -0.46211715726001],
  ['exp', 1, Math.E],
  ['log', 10, Math.LN10],
  ['sqrt', 2, Math.SQRT2],
  ['abs', -3.5, 3.5],
  ['negate', 3, -3],
  ['hardSigmoid', 1, 0.7],
  ['hardSigmoid', 9, 1],
  ['hardSigmoid', -9, 0],
  ['hardSwish', -4, 0],
  ['hardSwish', 1, 2 / 3],
  ['hardSwish', 4, 4],
  ['silu', 1, 0.7310585786300049],
  ['silu', -1, -0.2689414213699951],
  ['gelu', 1, 0.8413447460685429],
  ['gelu', -3, -0.004049694095489031],
  ['erf', 0.5, 0.5204998778130465],
  ['clip', 17, 17],
];

describe('functions of one number', () => {
  test.each(cases)('%s(%f) = %f', (op, x, expected) => {
    const [y = Number.NaN] = values(runNode(op, [f32([1], [x])]));
    expect(Math.abs(y - expected)).toBeLessThanOrEqual(1e-7 * Math.max(1, Math.abs(expected)));
  });

  test('gelu by tanh', () => {
    const y = runNode('gelu', [f32([2], [1, -3])], { attributes: { approximate: 'tanh' } });
    expect(values(y)[0]).toBeCloseTo(0.8411919906082768, 6);
    expect(values(y)[1]).toBeCloseTo(-0.0036373920817729943, 8);
  });

  test('clip has bounds that may be left out', () => {
    const x = f32([3], [-5, 0, 5]);
    expect(values(runNode('clip', [x], { attributes: { minimum: -1 } }))).toEqual([-1, 0, 5]);
    expect(values(runNode('clip', [x], { attributes: { maximum: 1 } }))).toEqual([-5, 0, 1]);
    expect(values(runNode('clip', [x], { attributes: { minimum: -1, maximum: 6 } }))).toEqual([-1, 0, 5]);
  });

  test('attributes count: leakyRelu and hardSigmoid', () => {
    const x = f32([2], [-2, 1]);
    expect(values(runNode('leakyRelu', [x], { attributes: { slope: 0.5 } }))).toEqual([-1, 1]);
    expect(values(runNode('hardSigmoid', [x], { attributes: { alpha: 0.25, beta: 0.5 } }))).toEqual([
      0, 0.75,
    ]);
  });

  test('not-a-number stays not-a-number', () => {
    for (const op of names) expect(values(runNode(op, [f32([1], [Number.NaN])]))).toEqual([Number.NaN]);
  });
});

describe.each(names)('%s', (op) => {
  test('keeps the shape and works element by element', () => {
    fc.assert(
      fc.property(floats(6), (data) => {
        const y = runNode(op, [f32([1, 2, 3, 1], data)]);
        expect(y.shape).toEqual([1, 2, 3, 1]);
        expect(values(y)).toEqual(data.flatMap((x) => values(runNode(op, [f32([1], [x])]))));
      }),
      { numRuns: 20 },
    );
  });

  test('u8 is the nearest to the function of the real number', () => {
    fc.assert(
      fc.property(bytes(64), quantizations(), quantizations(), (data, q, out) => {
        const integer = runNode(op, [u8([64], data, q)], { quantization: out });
        const real = values(runNode(op, [f32([64], reals(data, q))]));
        const defined = real.map((x) => (Number.isNaN(x) ? 0 : x));
        expectNearest(integer.data, defined, out);
      }),
      { numRuns: 20 },
    );
  });
});

describe('quantization of u8 results', () => {
  const q = quantization(0.1, 100);

  test('relu and clip stay in that of their input unless they have their own', () => {
    expect(values(runNode('relu', [u8([3], [90, 100, 130], q)]))).toEqual([100, 100, 130]);
    const y = runNode('relu', [u8([3], [90, 100, 130], q)], { quantization: quantization(0.05, 0) });
    expect(values(y)).toEqual([0, 0, 60]);
  });

  test('other functions need their own', () => {
    expect(() => runNode('sigmoid', [u8([1], [0], q)])).toThrow(/u8 output needs a quantization/);
  });
});

describe('conversions', () => {
  const q = quantization(0.5, 10);

  test('quantize rounds half to even and saturates', () => {
    const y = runNode('quantize', [f32([6], [0, 0.25, 0.75, -0.25, 1e9, -1e9])], { quantization: q });
    expect(y.dtype).toBe('u8');
    expect(values(y)).toEqual([10, 10, 12, 10, 255, 0]);
  });

  test('dequantize gives scale * (q - zero point)', () => {
    const y = runNode('dequantize', [u8([3], [0, 10, 255], q)]);
    expect(y.dtype).toBe('f32');
    expect(values(y)).toEqual([-5, 0, 122.5]);
  });

  test('requantize is dequantize, then quantize', () => {
    fc.assert(
      fc.property(bytes(16), quantizations(), quantizations(), (data, from, to) => {
        const direct = runNode('requantize', [u8([16], data, from)], { quantization: to });
        const real = runNode('dequantize', [u8([16], data, from)]);
        const around = runNode('quantize', [f32([16], real.data)], { quantization: to });
        expect(values(direct)).toEqual(values(around));
      }),
    );
  });

  test('each takes only its own element type', () => {
    expect(() => runNode('quantize', [u8([1], [0], q)], { quantization: q })).toThrow(/must be f32, got u8/);
    expect(() => runNode('dequantize', [f32([1], [0])])).toThrow(/must be u8, got f32/);
    expect(() => runNode('requantize', [f32([1], [0])], { quantization: q })).toThrow(/must be u8, got f32/);
    expect(() => runNode('quantize', [f32([1], [0])])).toThrow(/u8 output needs a quantization/);
  });
});
