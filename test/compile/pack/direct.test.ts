import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arrangeIntegers } from '../../../src/compile/pack/arrange.js';
import { packDirectly, packsDirectly } from '../../../src/compile/pack/direct.js';
import { packIntegerWeights } from '../../../src/compile/pack/weights.js';
import { randomNumbers } from '../../conformance/generate.js';

const shapes = fc.record({
  outChannels: fc.integer({ min: 1, max: 4 }).map((blocks) => 8 * blocks),
  channels: fc.integer({ min: 1, max: 6 }).map((words) => 4 * words),
  window: fc.integer({ min: 1, max: 9 }),
});

describe.each(['relaxed', 'simd'] as const)('packing in one pass for %s', (arithmetic) => {
  it('gives what arranging and packing give one after the other', () => {
    fc.assert(
      fc.property(shapes, fc.integer(), (shape, seed) => {
        const { outChannels, channels, window } = shape;
        const random = randomNumbers(seed);
        const size = outChannels * channels * window;
        const weights = Int8Array.from({ length: size }, () =>
          random() < 0.2 ? 0 : Math.floor(random() * 256) - 128,
        );
        const { data, sums, nonZero } = arrangeIntegers(weights, outChannels, window);
        const rows = { outChannels, segments: 1, segmentLength: channels * window };
        expect(packDirectly(weights, shape, arithmetic)).toEqual({
          packed: packIntegerWeights(data, rows, 8, arithmetic),
          sums,
          nonZero,
        });
      }),
    );
  });
});

it('is for whole blocks of output channels and whole words of channels', () => {
  expect(packsDirectly({ outChannels: 16, channels: 4, window: 9 })).toBe(true);
  expect(packsDirectly({ outChannels: 12, channels: 4, window: 9 })).toBe(false);
  expect(packsDirectly({ outChannels: 16, channels: 3, window: 9 })).toBe(false);
});
