import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptySandbox, runnableVariants } from '../harness.js';
import { flavours } from './emulated.js';
import { activations, convolutions, floats, integerWeights, random } from './generate.js';
import {
  accumulators,
  type Convolution,
  differences,
  floatConvolution,
  outputLength,
  requantized,
} from './reference.js';
import { runFloatDepthwise, runIntegerDepthwise } from './run.js';

const shapes = convolutions({ channels: 20, outChannels: 1, size: 9, kernel: 5 }).map(
  (c): Convolution => ({ ...c, outChannels: c.channels }),
);

describe.each(flavours())('u8_depthwise, $name', (flavour) => {
  it('equals the reference byte for byte', () => {
    fc.assert(
      fc.property(shapes, fc.integer(), fc.boolean(), (c, seed, withResidual) => {
        const next = random(seed);
        const input = activations(c.images * c.height * c.width * c.channels, next());
        const weights = integerWeights(c.channels * c.kernelHeight * c.kernelWidth, next(), 128);
        const bias = Int32Array.from({ length: c.channels }, () => (next() | 0) >> 16);
        const multiplier = Float32Array.from({ length: c.channels }, () => next() / 2 ** 32 / 300);
        const requantization = {
          ...{ inputZeroPoint: next() & 255, zeroPoint: next() & 255, minimum: 0, maximum: 255 },
          multiplier,
        };
        const residual = {
          values: activations(outputLength(c), next()),
          ...{ ownMultiplier: 0.75, residualMultiplier: 0.625, residualZeroPoint: next() & 255 },
          ...{ sumZeroPoint: next() & 255, sumMinimum: 3, sumMaximum: 250 },
        };
        const test = {
          ...{ convolution: c, bits: 8 as const, input, weights, bias, requantization },
          ...{ pixelBlock: 1 + (next() % 20), parts: 1 + (next() % 3) },
          ...(withResidual ? { residual } : {}),
        };
        const sums = accumulators(c, input, weights, bias, requantization.inputZeroPoint, true);
        const expected = requantized(sums, c.channels, requantization, test.residual);
        expect(differences(runIntegerDepthwise(flavour, test), expected)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});

describe.each(runnableVariants())('f32_depthwise, %s', (variant) => {
  it('equals the reference within the rounding of its sums', () => {
    fc.assert(
      fc.property(shapes, fc.integer(), (c, seed) => {
        const input = floats(c.images * c.height * c.width * c.channels, seed);
        const weights = floats(c.channels * c.kernelHeight * c.kernelWidth, seed + 1);
        const bias = floats(c.channels, seed + 2);
        const limits = { minimum: -1, maximum: 1, pixelBlock: 1 + (Math.abs(seed) % 20), parts: 2 };
        const output = runFloatDepthwise(emptySandbox(variant), {
          convolution: c,
          input,
          weights,
          bias,
          ...limits,
        });
        const { sums, magnitudes } = floatConvolution(c, input, weights, bias, true);
        const excess = sums.map((sum, index) => {
          const exact = Math.min(Math.max(sum, -1), 1);
          const bound = (c.kernelHeight * c.kernelWidth + 2) * 2 ** -24 * (magnitudes[index] ?? 0);
          return Math.abs((output[index] ?? Number.NaN) - exact) - bound;
        });
        expect(Math.max(...excess)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
