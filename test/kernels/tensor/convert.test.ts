import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planeUnits, spanUnits } from '../../../src/compile/kernels/tensor-units.js';
import { requantize } from './arithmetic.js';
import { byte, bytesFrom, float, floatsFrom, length, seed } from './generate.js';
import { run, runFloats } from './run.js';

const f = Math.fround;
const inverseScale = fc.integer({ min: 1, max: 100000 }).map((x) => f(x / 1000));

const quantize = (x: number, inverse: number, zeroPoint: number): number =>
  Number.isNaN(x) ? zeroPoint : requantize(f(x * inverse), { zeroPoint, minimum: 0, maximum: 255 });

describe('u8_lookup', () => {
  it('replaces each byte by its table entry, in place too', () => {
    fc.assert(
      fc.property(length, seed, (elements, seed) => {
        const input = bytesFrom(seed, elements);
        const table = bytesFrom(seed + 1, 256);
        const call = {
          kernel: 'u8_lookup',
          inputs: { input, table },
          outputBytes: elements,
          numbers: { elements },
        };
        const expected = input.map((x) => table[x] ?? 0);
        expect(run({ ...call, units: spanUnits(elements) })).toEqual(expected);
        expect(run({ ...call, units: spanUnits(elements), inPlace: 'input' })).toEqual(expected);
      }),
    );
  });
});

describe('u8_quantize', () => {
  it('scales, rounds half to even, saturates, turns NaN into the zero point', () => {
    const values = fc.array(fc.oneof(float, fc.constant(NaN)), { minLength: 1, maxLength: 70 });
    fc.assert(
      fc.property(values, inverseScale, byte, (list, inverseScale, zeroPoint) => {
        const input = Float32Array.from(list);
        const expected = Uint8Array.from(input, (x) => quantize(x, inverseScale, zeroPoint));
        const numbers = { elements: input.length, inverseScale, zeroPoint };
        const call = { kernel: 'u8_quantize', inputs: { input }, outputBytes: input.length, numbers };
        expect(run({ ...call, units: 1 })).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('does so over several work units', () => {
    fc.assert(
      fc.property(length, seed, inverseScale, byte, (elements, seed, inverseScale, zeroPoint) => {
        const input = floatsFrom(seed, elements);
        const expected = Uint8Array.from(input, (x) => quantize(x, inverseScale, zeroPoint));
        const numbers = { elements, inverseScale, zeroPoint };
        const call = { kernel: 'u8_quantize', inputs: { input }, outputBytes: elements, numbers };
        expect(run({ ...call, units: spanUnits(elements) })).toEqual(expected);
      }),
    );
  });

  it('keeps ties even', () => {
    const input = Float32Array.of(0.5, 1.5, 2.5, -0.5, -1.5, 254.5, 255.5, 1e30, -1e30);
    const numbers = { elements: 9, inverseScale: 1, zeroPoint: 0 };
    const output = run({ kernel: 'u8_quantize', inputs: { input }, outputBytes: 9, numbers, units: 1 });
    expect([...output]).toEqual([0, 2, 2, 0, 0, 254, 255, 255, 0]);
  });
});

describe('u8_quantize_planes', () => {
  it('quantizes and moves channels innermost', () => {
    const shape = fc.record({
      images: fc.integer({ min: 1, max: 3 }),
      channels: fc.integer({ min: 1, max: 20 }),
      pixels: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 60, max: 200 })),
    });
    fc.assert(
      fc.property(shape, seed, inverseScale, byte, (s, seed, inverseScale, zeroPoint) => {
        const { images, channels, pixels } = s;
        const input = floatsFrom(seed, images * channels * pixels);
        input[input.length >> 1] = NaN;
        const expected = Uint8Array.from(input, (_, at) => {
          const [channel, pixel] = [at % channels, Math.floor(at / channels) % pixels];
          const image = Math.floor(at / channels / pixels);
          return quantize(input[(image * channels + channel) * pixels + pixel] ?? 0, inverseScale, zeroPoint);
        });
        const numbers = { channels, pixels, inverseScale, zeroPoint };
        const call = { kernel: 'u8_quantize_planes', inputs: { input }, outputBytes: input.length, numbers };
        expect(run({ ...call, units: planeUnits(images, pixels) })).toEqual(expected);
      }),
    );
  });
});

describe('u8_dequantize', () => {
  it('multiplies the difference from the zero point by the scale, in f32', () => {
    fc.assert(
      fc.property(length, seed, inverseScale, byte, (elements, seed, scale, zeroPoint) => {
        const input = bytesFrom(seed, elements);
        const expected = Float32Array.from(input, (q) => scale * (q - zeroPoint));
        const numbers = { elements, scale, zeroPoint };
        const call = { kernel: 'u8_dequantize', inputs: { input }, outputBytes: elements * 4, numbers };
        const actual = runFloats({ ...call, units: spanUnits(elements) });
        expect(Buffer.compare(Buffer.from(actual.buffer), Buffer.from(expected.buffer))).toBe(0);
      }),
    );
  });
});

describe('f32_affine', () => {
  it('scales and shifts each channel, in place too', () => {
    const channel = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(64, 100));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), channel, seed, (rows, channels, seed) => {
        const input = floatsFrom(seed, rows * channels);
        input[0] = NaN;
        const scale = floatsFrom(seed + 1, channels);
        const shift = floatsFrom(seed + 2, channels);
        const [minimum, maximum] = [-20, 30];
        const expected = input.map((x, i) => {
          const y = f(f(x * (scale[i % channels] ?? 0)) + (shift[i % channels] ?? 0));
          return Math.min(Math.max(y, minimum), maximum);
        });
        const numbers = { channels, minimum, maximum };
        const inputs = { input, scale, shift };
        const call = { kernel: 'f32_affine', inputs, outputBytes: input.byteLength, numbers, units: rows };
        expect(runFloats(call)).toEqual(expected);
        expect(runFloats({ ...call, inPlace: 'input' })).toEqual(expected);
      }),
    );
  });
});
