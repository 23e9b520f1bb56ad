import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { denseNanoseconds, eventNanoseconds, mostEntriesFor } from '../../src/compile/cost/spiking.js';
import { spikingCosts } from '../../src/compile/cost/spiking-table.js';
import { greatestByte } from '../../src/compile/lower/spiking/greatest.js';
import type { Plan, Step } from '../../src/compile/plan.js';
import { graphBuilder, quantization, u8Type, weightConstant } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { inferTypes } from '../../src/graph/types.js';
import { compileAny } from './compile-any.js';

const size = (least: number, most: number) => fc.integer({ min: least, max: most });

describe('the choice between all elements and a list', () => {
  const arithmetics = ['relaxed', 'simd'] as const;
  const kinds = [8, 4, 'f32'] as const;

  test('changes where the predicted costs meet', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...arithmetics),
        fc.constantFrom(...kinds),
        size(1, 5000),
        size(1, 64),
        size(1, 1152),
        fc.constantFrom(1, 2.25, 9),
        (arithmetic, kind, pixels, blocks, patch, uses) => {
          const { weights, words, bytes } = spikingCosts[arithmetic];
          const list = kind === 'f32' ? bytes : words;
          const shape = { pixels, blocks, patch, uses, staged: Math.ceil((pixels * patch) / uses) };
          const most = mostEntriesFor(weights[kind], list, shape);
          const dense = denseNanoseconds(weights[kind], shape);
          const byList = (entries: number): number => eventNanoseconds(weights[kind], list, shape, entries);
          if (most >= 0) expect(byList(most)).toBeLessThanOrEqual(dense * (1 + 1e-9));
          if (most < shape.staged) expect(byList(most + 1)).toBeGreaterThan(dense * (1 - 1e-9));
        },
      ),
    );
  });

  test('is for lists above a share of what they could hold, in layers as networks have them', () => {
    const shape = { pixels: 5120, blocks: 8, patch: 144, uses: 9, staged: 92480 };
    for (const arithmetic of arithmetics) {
      const { weights, words } = spikingCosts[arithmetic];
      const share = mostEntriesFor(weights[8], words, shape) / shape.staged;
      expect(share).toBeGreaterThan(0.2);
      expect(share).toBeLessThan(1);
    }
  });
});

function network(channels: number, bits: 8 | 4 | 2): Graph {
  const g = graphBuilder('layer');
  const one = g.constant('one', { dtype: 'f32', shape: [1], data: Float32Array.of(1) });
  const x = g.input('x', u8Type([2, channels, 8, 8], quantization(1, 0)));
  const spikes = g.node('lif', [g.node('dequantize', [x]), one, one], { name: 'neurons' });
  const shape = [32, channels, 3, 3];
  const values = Array.from({ length: 32 * channels * 9 }, (_, i) => (i % 3) - 1);
  values[0] = 2 ** (bits - 1) - 1;
  const weight = g.constant('w', weightConstant(shape, values, new Float32Array(32).fill(1), bits));
  g.output(g.node('conv', [spikes, weight], { name: 'conv', attributes: { pads: [1, 1, 1, 1] } }));
  return g.build();
}

const stepOf = (plan: Plan, part: string): Step | undefined =>
  plan.steps.find(({ kernel }) => kernel.includes(part));

describe('a convolution over spikes', () => {
  const target = { variant: 'relaxed', dot: 'usdot' } as const;

  test('has them listed with room for all, unless their neurons have counted too many', () => {
    const plan = compileAny(network(16, 8), target);
    const [list, conv, lif] = [stepOf(plan, '_list_'), stepOf(plan, '_conv_'), stepOf(plan, 'f32_lif')];
    expect(list?.parameters.spikes).toBe(lif?.parameters.counter);
    expect(list?.parameters.mostSpikes).toBe(4 * (list?.parameters.mostEntries ?? 0));
    expect(conv?.parameters).toMatchObject({
      bounds: list?.parameters.bounds,
      entries: list?.parameters.counter,
      mostEntries: list?.parameters.mostEntries,
    });
    const block = plan.blocks.find(({ address }) => address === list?.parameters.bounds);
    const pixels = 2 * 10 * 10;
    expect(block?.bytes).toBeGreaterThanOrEqual(8 * pixels + 4 * pixels * (16 / 4));
    expect(block?.lifetime[1]).toBeGreaterThanOrEqual(plan.steps.indexOf(conv as Step));
  });

  test.each([
    ['channels that do not fill words', network(6, 8)],
    ['weights of 2 bits', network(16, 2)],
  ])('has no list for %s', (_what, graph) => {
    expect(stepOf(compileAny(graph, target), '_list_')).toBeUndefined();
  });

  test('reads spikes as they are where products take signed bytes: all are below 128', () => {
    const flipped = compileAny(network(16, 8), { variant: 'relaxed', dot: 'sdot' });
    expect(stepOf(flipped, 'u8_stage')?.parameters.mode).toBe(0);
    expect(stepOf(flipped, '_list_')).toBeDefined();
  });
});

test('the greatest byte of a value follows from what computes it', () => {
  const g = graphBuilder('bytes');
  const one = g.constant('one', { dtype: 'f32', shape: [1], data: Float32Array.of(1) });
  const x = g.input('x', u8Type([2, 4, 8, 8], quantization(1, 0)));
  const spikes = g.node('lif', [g.node('dequantize', [x]), one, one]);
  const attributes = { kernel: [2, 2], strides: [2, 2] };
  const counts = g.node('sumPool', [spikes], { attributes, quantization: quantization(1, 0) });
  const mean = g.node('averagePool', [spikes], { attributes, quantization: quantization(0.25, 0) });
  const both = g.node('concat', [g.node('maxPool', [spikes], { attributes }), counts], {
    attributes: { axis: 1 },
  });
  for (const name of [both, mean]) g.output(name);
  const graph = g.build();
  const types = inferTypes(graph);
  const greatest = (name: string): number => greatestByte({ graph, types }, name);
  expect([x, spikes, both].map(greatest)).toEqual([255, 1, 5]);
  expect(greatest(mean)).toBe(5);
});
