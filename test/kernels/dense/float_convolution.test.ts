import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptySandbox, runnableVariants } from '../harness.js';
import { convolutions, floats } from './generate.js';
import { type Convolution, floatConvolution, outputLength } from './reference.js';
import { type FloatCase, runFloatConvolution } from './run.js';

function caseFrom(convolution: Convolution, seed: number, withResidual: boolean): FloatCase {
  const c = convolution;
  const weightCount = c.outChannels * c.kernelHeight * c.kernelWidth * c.channels;
  return {
    ...{ convolution, pixelBlock: 1 + (Math.abs(seed) % 20), parts: 1 + (Math.abs(seed) % 3) },
    input: floats(c.images * c.height * c.width * c.channels, seed),
    weights: floats(weightCount, seed + 1),
    bias: floats(c.outChannels, seed + 2),
    ...(withResidual ? { residual: floats(outputLength(c), seed + 3) } : {}),
    ...(seed % 2 === 0 ? { minimum: 0, maximum: 6 } : { minimum: -Infinity, maximum: Infinity }),
  };
}

/** Rounding of a sum of n f32 products: at most n + 2 roundings, each of half a unit in the last place. */
function checkWithinRounding(test: FloatCase, output: Float32Array): void {
  const c = test.convolution;
  const { sums, magnitudes } = floatConvolution(c, test.input, test.weights, test.bias);
  const roundings = c.kernelHeight * c.kernelWidth * c.channels + 2;
  const excess = sums.map((sum, index) => {
    const residual = test.residual?.[index] ?? 0;
    const exact = Math.min(Math.max(sum + residual, test.minimum), test.maximum);
    const bound = roundings * 2 ** -24 * ((magnitudes[index] ?? 0) + Math.abs(residual));
    return Math.abs((output[index] ?? Number.NaN) - exact) - bound;
  });
  expect(Math.max(...excess)).toBeLessThanOrEqual(0);
}

describe.each(runnableVariants())('f32 convolution, %s', (variant) => {
  it('equals the reference within the rounding of its sums', () => {
    const shapes = convolutions({ channels: 12, outChannels: 17, size: 9, kernel: 3 });
    fc.assert(
      fc.property(shapes, fc.integer(), fc.boolean(), (convolution, seed, withResidual) => {
        const test = caseFrom(convolution, seed, withResidual);
        checkWithinRounding(test, runFloatConvolution(emptySandbox(variant), test));
      }),
      { numRuns: 150 },
    );
  });

  it('passes NaN on', () => {
    const test = caseFrom(pixel, 2, false);
    test.input[3] = Number.NaN;
    expect([...runFloatConvolution(emptySandbox(variant), test)].every(Number.isNaN)).toBe(true);
  });
});

const pixel: Convolution = {
  ...{ images: 1, height: 1, width: 1, channels: 5, outChannels: 8, kernelHeight: 1, kernelWidth: 1 },
  ...{ strideY: 1, strideX: 1, dilationY: 1, dilationX: 1, top: 0, left: 0, outHeight: 1, outWidth: 1 },
};
