import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldedBias, stagedZeroPoint, weightSums } from '../../../src/compile/pack/bias.js';
import {
  packDepthwiseWeights,
  packFloatDepthwiseWeights,
  unpackDepthwiseWeights,
  unpackFloatDepthwiseWeights,
} from '../../../src/compile/pack/depthwise.js';
import { packIntegerWeights, unpackIntegerWeights } from '../../../src/compile/pack/integer-reference.js';
import { kernelBitsFor, packedIntegerBytes } from '../../../src/compile/pack/weights.js';
import { packedFloats, packFloatWeights } from '../../../src/compile/pack/weights_f32.js';
import { SpikeletError } from '../../../src/error.js';

const shapes = fc.record({
  outChannels: fc.integer({ min: 1, max: 20 }),
  segments: fc.integer({ min: 1, max: 4 }),
  segmentLength: fc.integer({ min: 1, max: 20 }),
});
const arithmetics = fc.constantFrom('simd' as const, 'relaxed' as const);

const count = (shape: { outChannels: number; segments: number; segmentLength: number }): number =>
  shape.outChannels * shape.segments * shape.segmentLength;

function integers(length: number, low: number, high: number): fc.Arbitrary<Int8Array> {
  return fc.int8Array({ minLength: length, maxLength: length, min: low, max: high });
}

describe('integer weights', () => {
  it.each([
    [8, -128, 127],
    [4, -7, 7],
    [2, -1, 1],
  ] as const)('come back from %i-bit packing', (bits, low, high) => {
    const cases = shapes.chain((shape) => fc.tuple(fc.constant(shape), integers(count(shape), low, high)));
    fc.assert(
      fc.property(cases, arithmetics, ([shape, weights], arithmetic) => {
        const packed = packIntegerWeights(weights, shape, bits, arithmetic);
        expect(packed.length).toBe(packedIntegerBytes(shape, bits));
        expect(unpackIntegerWeights(packed, shape, bits, arithmetic)).toEqual(weights);
      }),
    );
  });

  it('fit whole blocks of 8 channels without padding', () => {
    const shape = { outChannels: 16, segments: 3, segmentLength: 24 };
    expect([8, 4, 2].map((bits) => packedIntegerBytes(shape, bits as 8 | 4 | 2))).toEqual([1152, 576, 288]);
  });

  it('are refused when they do not fit the bits', () => {
    const pack = (): Uint8Array =>
      packIntegerWeights(Int8Array.of(8), { outChannels: 1, segments: 1, segmentLength: 1 }, 4, 'simd');
    expect(pack).toThrow(SpikeletError);
  });
});

describe('kernelBitsFor', () => {
  it.each([
    [[0, 1, -1], 2],
    [[-2, 1], 4],
    [[7, -7, 0], 4],
    [[-8, 7], 8],
    [[127], 8],
  ] as const)('of %j is %i', (weights, bits) => {
    expect(kernelBitsFor(Int8Array.from(weights), weights.length)).toBe(bits);
  });

  it.each([
    [1, 105_000, 2],
    [1, 106_000, 8],
    [7, 70_000, 4],
    [7, 71_000, 8],
  ] as const)('of %i in rows of %i is %i, so that no sum overflows', (weight, row, bits) => {
    expect(kernelBitsFor(new Int8Array(row).fill(weight), row)).toBe(bits);
  });
});

describe('f32 weights', () => {
  const floatShapes = fc.record({
    outChannels: fc.integer({ min: 1, max: 20 }),
    channels: fc.integer({ min: 1, max: 12 }),
    window: fc.integer({ min: 1, max: 9 }),
  });

  it('lie in blocks of 8 output channels, by position, then by channel', () => {
    fc.assert(
      fc.property(floatShapes, (shape) => {
        const { outChannels, channels, window } = shape;
        const weights = Float32Array.from({ length: outChannels * channels * window }, (_, i) => i + 1);
        const packed = new Float32Array(packedFloats(shape));
        packFloatWeights(weights, shape, packed);
        const expected = Array.from(packed, (_, at) => {
          const [lane, element] = [at % 8, Math.floor(at / 8)];
          const [block, k] = [Math.floor(element / (channels * window)), element % (channels * window)];
          const [out, position, channel] = [8 * block + lane, Math.floor(k / channels), k % channels];
          return out < outChannels ? (out * channels + channel) * window + position + 1 : 0;
        });
        expect([...packed]).toEqual(expected);
      }),
    );
  });
});

describe('depthwise weights', () => {
  const depthwise = fc.record({
    channels: fc.integer({ min: 1, max: 20 }),
    taps: fc.integer({ min: 1, max: 25 }),
  });

  it('come back from packing', () => {
    const cases = depthwise.chain((shape) =>
      fc.tuple(fc.constant(shape), integers(shape.channels * shape.taps, -128, 127)),
    );
    fc.assert(
      fc.property(cases, arithmetics, ([shape, weights], arithmetic) => {
        const packed = packDepthwiseWeights(weights, shape, arithmetic);
        expect(unpackDepthwiseWeights(packed, shape, arithmetic)).toEqual(weights);
        const floats = Float32Array.from(weights);
        expect(unpackFloatDepthwiseWeights(packFloatDepthwiseWeights(floats, shape), shape)).toEqual(floats);
      }),
    );
  });
});

describe('foldedBias', () => {
  it('makes a sum over staged activations one over x - zeroPoint', () => {
    const weights = Int8Array.of(3, -5, 7, -128);
    const x = [0, 255, 17, 128];
    const zeroPoint = 99;
    const dot = (values: readonly number[]): number =>
      values.reduce((sum, value, k) => sum + value * (weights[k] ?? 0), 0);
    const wanted = 1000 + dot(x.map((value) => value - zeroPoint));
    const sums = weightSums(weights, 1);
    const fold = (form: 'unsigned' | 'flipped'): number =>
      foldedBias(Int32Array.of(1000), sums, stagedZeroPoint(zeroPoint, form))[0] ?? 0;
    expect(fold('unsigned') + dot(x)).toBe(wanted);
    expect(fold('flipped') + dot(x.map((value) => value - 128))).toBe(wanted);
  });
});
