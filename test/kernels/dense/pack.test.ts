import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldedBias } from '../../../src/compile/pack/bias.js';
import { arrangeIntegers, packIntegerWeights } from '../../../src/compile/pack/integer-reference.js';
import { largestWeight, runLength } from '../../../src/compile/pack/weights.js';
import { randomNumbers } from '../../conformance/generate.js';
import { emptySandbox, runnableVariants, type Variant } from '../harness.js';

const cases = fc.record({
  outChannels: fc.integer({ min: 1, max: 20 }),
  channels: fc.integer({ min: 1, max: 40 }),
  window: fc.constantFrom([1, 1], [1, 3], [3, 9], [9, 9], [5, 25], [25, 25], [2, 4]),
  bits: fc.constantFrom(8 as const, 4 as const, 2 as const),
  zeroPoint: fc.integer({ min: -128, max: 255 }),
  parts: fc.integer({ min: 1, max: 3 }),
  seed: fc.integer(),
});

type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

function weightsOf({ outChannels, channels, window: [, window = 1], bits, seed }: Case): Int8Array {
  const random = randomNumbers(seed);
  const most = Math.min(largestWeight[bits], 127);
  const least = -largestWeight[bits];
  return Int8Array.from(
    { length: outChannels * channels * window },
    () => Math.floor(random() * (most - least + 1)) + least,
  );
}

function packedByKernel(variant: Variant, test: Case, weights: Int8Array, bias: Int32Array) {
  const { outChannels, channels, window: pair, bits, zeroPoint, parts } = test;
  const [segments = 1, window = 1] = pair;
  const run = runLength((window / segments) * channels, bits);
  const blocks = Math.ceil(outChannels / 8);
  const sandbox = emptySandbox(variant);
  const places = {
    source: sandbox.place(weights),
    weights: sandbox.reserve(blocks * segments * run * bits),
    bias: sandbox.place(bias),
    scratch: sandbox.reserve(8 * segments * run),
  };
  const fields = { ...places, outChannels, channels, window, segments, run, bits, zeroPoint };
  sandbox.run('i8_pack_weights', fields, blocks, parts);
  return {
    weights: sandbox.read(Uint8Array, places.weights, blocks * segments * run * bits),
    bias: sandbox.read(Int32Array, places.bias, outChannels),
  };
}

describe.each(runnableVariants())('i8_pack_weights of %s', (variant) => {
  it('arranges and packs weights and folds the zero point into the bias as the plain functions do', () => {
    fc.assert(
      fc.property(cases, (test) => {
        const { outChannels, channels, window: pair, bits, zeroPoint } = test;
        const [segments = 1, window = 1] = pair;
        const weights = weightsOf(test);
        const bias = Int32Array.from({ length: outChannels }, (_, i) => 1000 * i - 70_000);
        const { data, sums } = arrangeIntegers(weights, outChannels, window);
        const shape = { outChannels, segments, segmentLength: (window / segments) * channels };
        const packed = packedByKernel(variant, test, weights, bias);
        expect(packed.weights).toEqual(packIntegerWeights(data, shape, bits, variant));
        expect(packed.bias).toEqual(foldedBias(bias, sums, zeroPoint).slice(0, outChannels));
      }),
      { numRuns: 100 },
    );
  });
});
