import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  packedWinograd,
  packWinogradWeights,
  planWinograd,
  winogradApplies,
  winogradPays,
} from '../../../src/compile/pack/winograd.js';
import { emptySandbox, runnableVariants, type Sandbox } from '../harness.js';
import { floats } from './generate.js';
import { type Convolution, floatConvolution, outputLength } from './reference.js';
import { channelsFirst, type FloatCase, stage } from './run.js';

/** 3x3 convolutions of stride 1 with a border of 0 or 1. */
const shapes = fc
  .record({
    images: fc.integer({ min: 1, max: 2 }),
    height: fc.integer({ min: 3, max: 9 }),
    width: fc.integer({ min: 3, max: 9 }),
    channels: fc.integer({ min: 1, max: 5 }).map((count) => count * 4),
    outChannels: fc.integer({ min: 1, max: 3 }).map((count) => count * 8),
    top: fc.integer({ min: 0, max: 1 }),
    left: fc.integer({ min: 0, max: 1 }),
  })
  .map((shape) => ({ ...shape, ...stride1, ...sizeOf(shape) }));

const stride1 = {
  kernelHeight: 3,
  kernelWidth: 3,
  strideY: 1,
  strideX: 1,
  dilationY: 1,
  dilationX: 1,
} as const;

function sizeOf(c: { height: number; width: number; top: number; left: number }) {
  return { outHeight: c.height + 2 * c.top - 2, outWidth: c.width + 2 * c.left - 2 };
}

function runWinograd(sandbox: Sandbox, test: FloatCase): Float32Array {
  const c = test.convolution;
  const plan = planWinograd(c, c);
  const staged = { ...c, outHeight: plan.stagedHeight - 2, outWidth: plan.stagedWidth - 2 };
  const options = { channels: c.channels, elementBytes: 4, mode: 0, fill: 0, parts: 2 };
  const input = stage(sandbox, 'f32_stage', sandbox.place(test.input), staged, options).pointer;
  const output = sandbox.reserve(outputLength(c) * 4);
  const { units, ...sizes } = plan;
  const packed = new Float32Array(packedWinograd(c));
  packWinogradWeights(channelsFirst(test.weights, c), c, packed);
  const fields = {
    ...sizes,
    ...{ input, output, channels: c.channels, outChannels: c.outChannels },
    weights: sandbox.place(packed),
    bias: sandbox.place(test.bias),
    residual: test.residual === undefined ? 0 : sandbox.place(test.residual),
    scratch: sandbox.reserve(plan.scratchBytes * units),
    ...{ outHeight: c.outHeight, outWidth: c.outWidth },
    ...{ outputStride: c.outChannels, residualStride: c.outChannels },
    ...{ minimum: test.minimum, maximum: test.maximum },
  };
  sandbox.run('f32_winograd_3x3', fields, units, test.parts);
  return sandbox.read(Float32Array, output, outputLength(c));
}

function caseFrom(convolution: Convolution, seed: number): FloatCase {
  const c = convolution;
  return {
    ...{ convolution, pixelBlock: 0, parts: 1 + (Math.abs(seed) % 3) },
    input: floats(c.images * c.height * c.width * c.channels, seed),
    weights: floats(c.outChannels * 9 * c.channels, seed + 1),
    bias: floats(c.outChannels, seed + 2),
    ...(seed % 3 === 0 ? { residual: floats(outputLength(c), seed + 3) } : {}),
    ...(seed % 2 === 0 ? { minimum: 0, maximum: 6 } : { minimum: -Infinity, maximum: Infinity }),
  };
}

function largestError(test: FloatCase, output: Float32Array): number {
  const { sums } = floatConvolution(test.convolution, test.input, test.weights, test.bias);
  return sums.reduce((largest, sum, index) => {
    const exact = Math.min(Math.max(sum + (test.residual?.[index] ?? 0), test.minimum), test.maximum);
    return Math.max(largest, Math.abs((output[index] ?? Number.NaN) - exact));
  }, 0);
}

describe.each(runnableVariants())('f32_winograd_3x3, %s', (variant) => {
  it('equals the reference within the rounding of its transforms', () => {
    fc.assert(
      fc.property(shapes, fc.integer(), (convolution, seed) => {
        const test = caseFrom(convolution, seed);
        const error = largestError(test, runWinograd(emptySandbox(variant), test));
        // Inputs and weights are below 1 and the transforms scale their products by at most 4 * 2.25 * 9 in all;
        // every value passes through the sum over the channels and fewer than 16 other roundings.
        const { channels } = convolution;
        expect(error).toBeLessThanOrEqual((channels + 16) * 2 ** -24 * 81 * channels);
      }),
    );
  });

  it('is as exact as a sum in f32 needs to be on a layer of usual size', () => {
    const convolution = {
      ...{ images: 1, height: 12, width: 12, channels: 64, outChannels: 64, top: 1, left: 1 },
      ...{ ...stride1, outHeight: 12, outWidth: 12 },
    };
    const test = { ...caseFrom(convolution, 7), minimum: -Infinity, maximum: Infinity };
    const output = runWinograd(emptySandbox(variant), test);
    const largest = output.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largestError(test, output) / largest).toBeLessThan(2e-6);
  });
});

describe('winogradApplies', () => {
  it('wants whole vectors of channels', () => {
    expect(winogradApplies({ channels: 64, outChannels: 64 })).toBe(true);
    expect(winogradApplies({ channels: 3, outChannels: 64 })).toBe(false);
    expect(winogradApplies({ channels: 64, outChannels: 10 })).toBe(false);
  });
});

describe('winogradPays', () => {
  it('from maps of 8x8 on', () => {
    const shape = { channels: 64, outChannels: 64 };
    expect(winogradPays(shape, { images: 1, outHeight: 8, outWidth: 8 })).toBe(true);
    expect(winogradPays(shape, { images: 1, outHeight: 4, outWidth: 4 })).toBe(false);
    expect(winogradPays({ channels: 3, outChannels: 64 }, { images: 1, outHeight: 32, outWidth: 32 })).toBe(
      false,
    );
  });
});
