import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flavours } from './emulated.js';
import { activations, convolutions, integerWeights, random } from './generate.js';
import { accumulators, type Convolution, differences, outputLength, requantized } from './reference.js';
import { type IntegerCase, runIntegerConvolution } from './run.js';

/** Everything about a case that is not its shape follows from a seed. */
function caseFrom(
  convolution: Convolution,
  bits: 8 | 4 | 2,
  seed: number,
  withResidual: boolean,
): IntegerCase {
  const c = convolution;
  const next = random(seed);
  const below = (limit: number): number => next() % limit;
  const edge = (): number => [0, 255, 128, below(256)][below(4)] ?? 0;
  const limit = { 8: 128, 4: 7, 2: 1 }[bits];
  const weightCount = c.outChannels * c.kernelHeight * c.kernelWidth * c.channels;
  const spread = 1 / (Math.sqrt(weightCount / c.outChannels) * limit);
  const minimum = below(2) === 0 ? 0 : below(128);
  const residual = {
    values: activations(outputLength(c), next()),
    ownMultiplier: Math.fround(0.2 + next() / 2 ** 32),
    residualMultiplier: Math.fround(0.2 + next() / 2 ** 32),
    ...{ residualZeroPoint: edge(), sumZeroPoint: edge() },
    ...{ sumMinimum: below(2) === 0 ? 0 : below(128), sumMaximum: 255 },
  };
  return {
    ...{ convolution, bits, pixelBlock: 1 + below(20), parts: 1 + below(3) },
    input: activations(c.images * c.height * c.width * c.channels, next()),
    weights: integerWeights(weightCount, next(), limit),
    bias: Int32Array.from({ length: c.outChannels }, () => (next() | 0) >> below(20)),
    requantization: {
      inputZeroPoint: edge(),
      multiplier: Float32Array.from({ length: c.outChannels }, () => (spread * next()) / 2 ** 32),
      ...{ zeroPoint: edge(), minimum, maximum: Math.max(minimum, 255 - below(64)) },
    },
    ...(withResidual ? { residual } : {}),
  };
}

function expected(test: IntegerCase): Uint8Array {
  const { convolution: c, requantization: q } = test;
  const sums = accumulators(c, test.input, test.weights, test.bias, q.inputZeroPoint);
  return requantized(sums, c.outChannels, q, test.residual);
}

const shapes = convolutions({ channels: 20, outChannels: 17, size: 9, kernel: 3 });

describe.each(flavours())('integer convolution, $name', (flavour) => {
  it.each([8, 4, 2] as const)('equals the reference byte for byte with %i-bit weights', (bits) => {
    fc.assert(
      fc.property(shapes, fc.integer(), fc.boolean(), (convolution, seed, withResidual) => {
        const test = caseFrom(convolution, bits, seed, withResidual);
        expect(differences(runIntegerConvolution(flavour, test), expected(test))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 11, 12, 13])('takes %i pixels through the tiles and their tails', (width) => {
    for (const bits of [8, 4, 2] as const) {
      const convolution = { ...pointwise, width, outWidth: width, channels: 24, outChannels: 9 };
      const test = { ...caseFrom(convolution, bits, 7 * width + bits, true), pixelBlock: 12 };
      expect(runIntegerConvolution(flavour, test)).toEqual(expected(test));
    }
  });

  it.each([
    1, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 33,
  ])('takes %i channels through the depth tails', (channels) => {
    for (const bits of [8, 4, 2] as const) {
      const convolution = { ...pointwise, width: 5, outWidth: 5, channels, outChannels: 8 };
      const test = caseFrom(convolution, bits, channels, false);
      expect(runIntegerConvolution(flavour, test)).toEqual(expected(test));
    }
  });

  it('does not overflow where every product has its largest magnitude', () => {
    const convolution = { ...pointwise, width: 6, outWidth: 6, channels: 4608, outChannels: 8 };
    for (const [bits, weight] of [
      [8, -128],
      [8, 127],
      [4, -7],
      [4, 7],
      [2, -1],
      [2, 1],
    ] as const) {
      const base = caseFrom(convolution, bits, 3, false);
      const multiplier = new Float32Array(8).fill(1 / (4608 * Math.abs(weight)));
      const requantization = { ...base.requantization, inputZeroPoint: 0, multiplier };
      const test = {
        ...base,
        ...{ requantization, bias: new Int32Array(8) },
        ...{ weights: new Int8Array(8 * 4608).fill(weight), input: new Uint8Array(6 * 4608).fill(255) },
      };
      expect(runIntegerConvolution(flavour, test)).toEqual(expected(test));
    }
  });

  it('rounds accumulators that f32 cannot hold, and halves to even', () => {
    const convolution = { ...pointwise, width: 1, outWidth: 1, channels: 4, outChannels: 8 };
    const base = caseFrom(convolution, 8, 5, false);
    const bias = Int32Array.of(16777217, 16777219, -16777217, 33554435, 2147483000, -2147483000, 5, 7);
    const multiplier = Float32Array.of(2 ** -17, 2 ** -17, 2 ** -18, 2 ** -18, 2 ** -24, 2 ** -24, 0.5, 0.5);
    const requantization = { inputZeroPoint: 0, zeroPoint: 100, minimum: 0, maximum: 255, multiplier };
    const test = { ...base, requantization, bias, input: new Uint8Array(4) };
    const output = runIntegerConvolution(flavour, test);
    expect(output).toEqual(expected(test));
    expect([...output.subarray(6)]).toEqual([102, 104]);
  });
});

describe.each(flavours())('golden hashes, $name', (flavour) => {
  it.each([
    [8, false, 3125120699],
    [8, true, 373128587],
    [4, true, 4209586952],
    [2, true, 3389039512],
  ] as const)('%i-bit weights, residual %s', (bits, withResidual, hash) => {
    const convolution = {
      ...{ images: 2, height: 9, width: 7, channels: 20, outChannels: 19, kernelHeight: 3, kernelWidth: 3 },
      ...{ strideY: 2, strideX: 1, dilationY: 1, dilationX: 1, top: 1, left: 1, outHeight: 5, outWidth: 7 },
    };
    const test = caseFrom(convolution, bits, 2026, withResidual);
    expect(fnv1a(runIntegerConvolution(flavour, test))).toBe(hash);
  });
});

function fnv1a(bytes: Uint8Array): number {
  return bytes.reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
}

const pointwise: Convolution = {
  ...{ images: 1, height: 1, width: 1, channels: 4, outChannels: 8, kernelHeight: 1, kernelWidth: 1 },
  ...{ strideY: 1, strideX: 1, dilationY: 1, dilationX: 1, top: 0, left: 0, outHeight: 1, outWidth: 1 },
};
