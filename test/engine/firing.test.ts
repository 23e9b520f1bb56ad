import { load, type Model } from 'spikelet';
import { afterEach, describe, expect, test } from 'vitest';
import { graphBuilder, quantization, u8Type, weightConstant } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpret.js';
import { elementCount } from '../../src/graph/tensor.js';
import { Draw } from '../conformance/generate.js';

const steps = 5;
const shape = [steps, 4, 24, 24];

/** Convolutions of short patches, whose neurons run with them, and many enough pixels for several threads. */
function network(): Graph {
  const draw = new Draw(5);
  const g = graphBuilder('firing');
  const number = (name: string, value: number): string =>
    g.constant(name, { dtype: 'f32', shape: [1], data: Float32Array.of(value) });
  const integers = (name: string, own: readonly number[]): string => {
    const values = draw.list(elementCount(own), () => draw.integer(-31, 31));
    return g.constant(name, weightConstant(own, values, new Float32Array(own[0] ?? 1).fill(1), 8));
  };
  const [high, leak] = [number('high', 20), number('leak', 0.875)];
  const x = g.input('x', u8Type(shape, quantization(1, 0)));
  const attributes = { pads: [1, 1, 1, 1] };
  const wide = g.node('conv', [x, integers('w1', [40, 4, 3, 3])], { name: 'wide', attributes });
  const first = g.node('lif', [wide, high, leak], { name: 'first' });
  const narrow = g.node('conv', [first, integers('w2', [19, 40, 1, 1])], { name: 'narrow' });
  g.output(first);
  g.output(g.node('lif', [narrow, high, leak], { name: 'second' }));
  return g.build();
}

const ones = (values: { readonly data: ArrayLike<number> } | undefined): number =>
  Array.from(values?.data ?? []).filter((value) => value === 1).length;

const open: Model[] = [];
afterEach(() => {
  for (const model of open.splice(0)) model.close();
});

describe.each([
  ['here', {}],
  ['with fixed SIMD', { variant: 'simd' }],
  ['with two threads', { threads: 2 }],
  ['in a worker', { worker: true }],
] as const)('neurons that run with the layer before them %s', (_where, options) => {
  test('fire and are counted as those of the reference, in every run', async () => {
    const model = await load(network(), options);
    open.push(model);
    const draw = new Draw(3);
    for (const density of [0.02, 0.3, 1, 0.3]) {
      const x = Uint8Array.from(draw.list(elementCount(shape), () => Number(draw.random() < density)));
      const expected = interpret(network(), { x: { dtype: 'u8', shape, data: x } });
      expect(await model.run({ x })).toEqual(expected);
      const layers = new Map(model.explain().layers.map((layer) => [layer.name, layer]));
      for (const name of ['first', 'second']) {
        expect(layers.get(name)?.spikes).toBe(ones(expected[name]));
        expect(layers.get(name)?.kernels).not.toContain('f32_lif');
      }
    }
  });
});
