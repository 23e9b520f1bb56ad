import { describe, expect, it } from 'vitest';
import { compile, memoryMap } from '../../src/compile/index.js';
import { kernels } from '../../src/compile/kernels/table.js';
import type { Target } from '../../src/compile/plan.js';
import { SpikeletError } from '../../src/error.js';
import {
  f32Type,
  type GraphBuilder,
  graphBuilder,
  quantization,
  u8Type,
  weightConstant,
} from '../../src/graph/builder.js';

const relaxed: Target = { variant: 'relaxed', dot: 'usdot' };
const meaning = quantization(0.1, 10);

function planOf(make: (g: GraphBuilder) => string, target = relaxed) {
  const g = graphBuilder('planned');
  g.output(make(g));
  return compile(g.build(), target);
}

/** A 3x3 convolution of 8-, 4- or 2-bit weights over 16 channels. */
function conv(g: GraphBuilder, bits: 8 | 4 | 2): string {
  const limit = 2 ** (bits - 1) - 1;
  const x = g.input('x', u8Type([1, 16, 8, 8], meaning));
  const values = Array.from({ length: 16 * 16 * 9 }, (_, i) => (i % (2 * limit + 1)) - limit);
  const weight = g.constant('w', weightConstant([16, 16, 3, 3], values, new Array(16).fill(0.1), bits));
  return g.node('conv', [x, weight], { attributes: { pads: [1, 1, 1, 1] }, quantization: meaning });
}

describe('a plan', () => {
  it.each([8, 4, 2] as const)('keeps %i-bit weights in %i bits each', (bits) => {
    const { blocks } = planOf((g) => conv(g, bits));
    expect(blocks.find((block) => block.name === 'conv1.weights')?.bytes).toBe((16 * 16 * 9 * bits) / 8);
  });

  it('names only kernels of the table, with every field of their parameter blocks', () => {
    const plan = planOf((g) => conv(g, 8));
    for (const step of plan.steps) {
      const row = kernels.find(({ name }) => name === step.kernel);
      expect(Object.keys(step.parameters)).toEqual(row?.fields.map(({ name }) => name));
    }
  });

  it('describes layers: what they cost and hold', () => {
    const [layer] = planOf((g) => conv(g, 4)).layers;
    expect(layer).toMatchObject({
      op: 'conv',
      macs: 64 * 16 * 16 * 9,
      weightBits: 4,
      outputShape: [1, 16, 8, 8],
    });
  });

  it('moves nothing where a reshape keeps the order of elements', () => {
    const plan = planOf((g) => {
      const x = g.input('x', f32Type([1, 6, 1, 1]));
      return g.node('reshape', [x], { attributes: { shape: [2, 3] } });
    });
    expect(plan.steps).toEqual([]);
  });

  it('works in place through a chain of elementwise operations', () => {
    const plan = planOf((g) => {
      const a = g.node('exp', [g.input('x', f32Type([1000]))]);
      return g.node('tanh', [g.node('sqrt', [a])]);
    });
    expect(new Set(plan.steps.flatMap(({ parameters }) => [parameters.input, parameters.output])).size).toBe(
      1,
    );
  });

  it('is plain data', () => {
    const plan = planOf((g) => conv(g, 8));
    expect(structuredClone(plan)).toEqual(plan);
  });

  it('prints its memory, block by block', () => {
    const text = memoryMap(planOf((g) => conv(g, 8)));
    expect(text).toMatch(/address +bytes +region +steps +name/);
    expect(text).toContain('conv1.weights');
    expect(text).toMatch(/bytes in all$/);
  });

  it('prints the memory that packing takes before the first run, and counts it', () => {
    const [rows, inputs] = [8, 100_000];
    const plan = planOf((g) => {
      const weight = weightConstant(
        [rows, inputs],
        new Int8Array(rows * inputs).fill(1),
        new Array(rows).fill(0.1),
        8,
      );
      const x = g.input('x', u8Type([1, inputs], meaning));
      return g.node('linear', [x, g.constant('w', weight)], { quantization: meaning });
    });
    const packing = plan.blocks.find(({ name }) => name === 'packing of weights');
    expect(packing).toMatchObject({ region: 'scratch', lifetime: [-1, -1] });
    expect(packing?.bytes).toBeGreaterThanOrEqual(2 * rows * inputs);
    expect((packing?.address ?? 0) + (packing?.bytes ?? 0)).toBeLessThanOrEqual(plan.memoryBytes);
    expect(memoryMap(plan)).toMatch(/ scratch +load +packing of weights$/m);
  });

  it('says by name what it has no kernel for', () => {
    const make = () =>
      planOf((g) => {
        const [x, weight] = [g.input('x', f32Type([1, 2, 3, 3])), g.input('w', f32Type([2, 2, 1, 1]))];
        return g.node('conv', [x, weight], { name: 'dynamic' });
      });
    expect(make).toThrow(SpikeletError);
    expect(make).toThrow(/node 'dynamic' \(conv\): the weight must be a constant/);
  });
});
