import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flavours } from '../dense/emulated.js';
import { activations, convolutions, integerWeights, random } from '../dense/generate.js';
import {
  accumulators,
  type Convolution,
  differences,
  outputLength,
  requantized,
} from '../dense/reference.js';
import { runGatheredConvolution, runSparseConvolution, type SparseCase } from './run.js';

/** Weights of which about `density` are kept; some output channels have none. */
function pruned(c: Convolution, density: number, group: number, seed: number): Int8Array {
  const next = random(seed);
  const row = c.kernelHeight * c.kernelWidth * c.channels;
  const weights = integerWeights(c.outChannels * row, next(), 128);
  const keeps = new Map<string, boolean>();
  const isKept = (out: number, tap: number, channel: number): boolean => {
    const key = `${out},${tap},${Math.floor(channel / group)}`;
    const known = keeps.get(key) ?? next() / 2 ** 32 < density;
    keeps.set(key, known);
    return known;
  };
  const empty = Array.from({ length: c.outChannels }, () => next() % 8 === 0 && density < 1);
  return weights.map((weight, i) => {
    const [out, rest] = [Math.floor(i / row), i % row];
    const [tap, channel] = [Math.floor(rest / c.channels), rest % c.channels];
    return empty[out] || !isKept(out, tap, channel) ? 0 : weight;
  });
}

/** Everything about a case that is not its shape or its pattern follows from a seed. */
function caseFrom(convolution: Convolution, pattern: Pattern, seed: number): SparseCase {
  const next = random(seed);
  const below = (limit: number): number => next() % limit;
  const edge = (): number => [0, 255, 128, below(256)][below(4)] ?? 0;
  const { images, height, width, channels, outChannels, kernelHeight, kernelWidth } = convolution;
  const spread = 1 / (Math.sqrt(kernelHeight * kernelWidth * channels) * 128);
  const minimum = below(2) === 0 ? 0 : below(128);
  const sumMinimum = below(128);
  const residual = {
    values: activations(outputLength(convolution), next()),
    ownMultiplier: Math.fround(0.2 + next() / 2 ** 32),
    residualMultiplier: Math.fround(0.2 + next() / 2 ** 32),
    ...{ residualZeroPoint: edge(), sumZeroPoint: edge(), sumMinimum, sumMaximum: 255 - below(64) },
  };
  return {
    ...(pattern.hasResidual && { residual }),
    ...{ convolution, rowChannels: pattern.group, layout: pattern.layout },
    ...{ pixelBlock: 16 * (1 + below(6)), parts: 1 + below(3) },
    input: activations(images * height * width * channels, next()),
    weights: pruned(convolution, pattern.density, below(2) === 0 ? 1 : pattern.group, next()),
    bias: Int32Array.from({ length: outChannels }, () => (next() | 0) >> below(20)),
    requantization: {
      inputZeroPoint: edge(),
      multiplier: Float32Array.from({ length: outChannels }, () => (spread * next()) / 2 ** 32),
      ...{ zeroPoint: edge(), minimum, maximum: Math.max(minimum, 255 - below(64)) },
    },
  };
}

interface Pattern {
  readonly density: number;
  readonly group: 1 | 4;
  readonly layout: number;
  readonly hasResidual: boolean;
}

const patterns: fc.Arbitrary<Pattern> = fc.record({
  density: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
  group: fc.constantFrom(1, 4),
  layout: fc.nat(1),
  hasResidual: fc.boolean(),
});

function expected(test: SparseCase): Uint8Array {
  const { convolution: c, requantization: q } = test;
  const sums = accumulators(c, test.input, test.weights, test.bias, q.inputZeroPoint);
  return requantized(sums, c.outChannels, q, test.residual);
}

const shapes = convolutions({ channels: 20, outChannels: 17, size: 20, kernel: 3 });

describe.each(flavours())('sparse convolution, $name', (flavour) => {
  it('equals the reference byte for byte', () => {
    fc.assert(
      fc.property(shapes, patterns, fc.integer(), (convolution, pattern, seed) => {
        const test = caseFrom(convolution, pattern, seed);
        expect(differences(runSparseConvolution(flavour, test), expected(test))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it('equals the reference byte for byte where it gathers its input', () => {
    fc.assert(
      fc.property(shapes, patterns, fc.integer(), (convolution, pattern, seed) => {
        const test = caseFrom(convolution, pattern, seed);
        expect(differences(runGatheredConvolution(flavour, test), expected(test))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it.each([1, 4] as const)('reaches rows further apart than 16 bits, %i channels a row', (group) => {
    const convolution = {
      ...pointwise,
      height: 64,
      width: 64,
      outHeight: 64,
      outWidth: 64,
      channels: 40 * group,
    };
    const base = caseFrom(convolution, { density: 1, group, layout: 0, hasResidual: false }, 11);
    const isEnd = (channel: number): boolean => channel === 0 || channel === convolution.channels - 1;
    const weights = base.weights.map((weight, i) => (isEnd(i % convolution.channels) ? weight || 1 : 0));
    const test = { ...base, weights };
    expect(differences(runSparseConvolution(flavour, test), expected(test))).toEqual([]);
  });

  it('does not overflow where every product has its largest magnitude', () => {
    const convolution = { ...pointwise, height: 4, width: 4, outHeight: 4, outWidth: 4, channels: 4608 };
    for (const group of [1, 4] as const) {
      for (const weight of [-128, 127]) {
        const base = caseFrom(convolution, { density: 1, group, layout: 0, hasResidual: false }, 3);
        const multiplier = new Float32Array(3).fill(1 / (4608 * Math.abs(weight)));
        const test = {
          ...base,
          ...{ bias: new Int32Array(3), weights: new Int8Array(3 * 4608).fill(weight) },
          requantization: { ...base.requantization, inputZeroPoint: 0, multiplier },
          input: new Uint8Array(16 * 4608).fill(255),
        };
        const output = runSparseConvolution(flavour, test);
        expect(output).toEqual(expected(test));
        expect(runGatheredConvolution(flavour, test)).toEqual(output);
        expect(output).toHaveLength(outputLength(convolution));
      }
    }
  });
});

const pointwise: Convolution = {
  ...{ images: 1, height: 1, width: 1, channels: 4, outChannels: 3, kernelHeight: 1, kernelWidth: 1 },
  ...{ strideY: 1, strideX: 1, dilationY: 1, dilationX: 1, top: 0, left: 0, outHeight: 1, outWidth: 1 },
};
