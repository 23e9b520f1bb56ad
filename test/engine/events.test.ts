import { load, type Model } from 'spikelet';
import { afterEach, describe, expect, test } from 'vitest';
import { graphBuilder, quantization, u8Type, weightConstant } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpret.js';
import { elementCount } from '../../src/graph/tensor.js';
import { Draw } from '../conformance/generate.js';

const steps = 3;
const shape = [steps, 16, 8, 8];

/** Events through integer and f32 layers wide enough that the number of spikes decides how they are computed. */
function network(): Graph {
  const draw = new Draw(11);
  const g = graphBuilder('events');
  const number = (name: string, value: number): string =>
    g.constant(name, { dtype: 'f32', shape: [1], data: Float32Array.of(value) });
  const [half, leak, high] = [number('half', 0.5), number('leak', 0.875), number('high', 12)];
  const integers = (name: string, own: readonly number[], bits: 8 | 4): string => {
    const most = 2 ** (bits - 1) - 1;
    const values = draw.list(elementCount(own), () => draw.integer(-most, most));
    return g.constant(name, weightConstant(own, values, new Float32Array(own[0] ?? 1).fill(1), bits));
  };
  const x = g.input('x', u8Type(shape, quantization(1, 0)));
  const first = g.node('lif', [g.node('dequantize', [x]), half, leak], {
    name: 'first',
    attributes: { reset: 'value' },
  });
  const attributes = { pads: [1, 1, 1, 1] };
  const conv = g.node('conv', [first, integers('w1', [40, 16, 3, 3], 8)], { name: 'conv', attributes });
  const second = g.node('lif', [conv, high, leak], { name: 'second' });
  const narrow = g.node('conv', [second, integers('w2', [32, 40, 3, 3], 4)], { name: 'narrow', attributes });
  const third = g.node('lif', [narrow, high, leak], { name: 'third' });
  const flat = g.node('reshape', [third], { attributes: { shape: [steps, 2048] } });
  const real = g.node('linear', [flat, g.constant('w3', draw.floats([16, 2048]))], { name: 'real' });
  g.output(g.node('lif', [real, half, leak], { name: 'last' }));
  g.output(third);
  return g.build();
}

function spikes(density: number | 'one'): Uint8Array {
  const draw = new Draw(7);
  const count = elementCount(shape);
  if (density === 'one') return Uint8Array.from({ length: count }, (_, i) => Number(i === 777));
  return Uint8Array.from(draw.list(count, () => (draw.random() < density ? 1 : 0)));
}

const open: Model[] = [];
afterEach(() => {
  for (const model of open.splice(0)) model.close();
});

describe.each([
  ['here', {}],
  ['with fixed SIMD', { variant: 'simd' }],
  ['with two threads', { threads: 2 }],
  ['in a worker', { worker: true }],
] as const)('layers over spikes %s', (_where, options) => {
  test('give the bits of the reference whatever the density, in a run and as a stream, and say how', async () => {
    const model = await load(network(), options);
    open.push(model);
    const stream = await model.stream();
    const seen = new Set<string | undefined>();
    for (const density of [0, 'one', 0.03, 0.2, 1] as const) {
      const x = spikes(density);
      const expected = interpret(network(), { x: { dtype: 'u8', shape, data: x } });
      expect(await model.run({ x })).toEqual(expected);
      const execution = model.explain().layers.find(({ name }) => name === 'conv')?.execution;
      seen.add(execution);
      if (density === 'one') expect(execution).toBe('event-driven');
      if (density === 1) expect(execution).toBe('dense');
      await stream.reset();
      for (let t = 0; t < steps; t++) {
        const { last, third } = await stream.step({ x: x.subarray(t * 1024, (t + 1) * 1024) });
        expect(last?.data).toEqual(expected.last?.data.slice(t * 16, (t + 1) * 16));
        expect(third?.data).toEqual(expected.third?.data.slice(t * 2048, (t + 1) * 2048));
      }
    }
    expect(seen).toEqual(new Set(['event-driven', 'dense']));
  });
});
