import { load, type Model } from 'spikelet';
import { afterEach, describe, expect, test } from 'vitest';
import { f32Type, graphBuilder, quantization, u8Type, weightConstant } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpret.js';
import { elementCount, type Tensor } from '../../src/graph/tensor.js';
import { Draw } from '../conformance/generate.js';
import { failure } from './plans.js';

const steps = 6;
const shape = [steps, 3, 7, 7];

/** Events through convolutions, neurons of every kind, delays and pooling, to scores that add up. */
function network(): Graph {
  const draw = new Draw(5);
  const g = graphBuilder('network');
  const number = (name: string, value: number): string =>
    g.constant(name, { dtype: 'f32', shape: [1], data: Float32Array.of(value) });
  const [one, most] = [number('one', 1), number('most', 0.9)];
  const weights = (name: string, own: readonly number[]): string => {
    const values = draw.list(elementCount(own), () => draw.integer(-7, 7));
    return g.constant(
      name,
      weightConstant(
        own,
        values,
        draw.list(own[0] ?? 1, () => 0.1),
        4,
      ),
    );
  };
  const x = g.input('x', u8Type(shape, quantization(1, 0)));
  const conv = g.node('conv', [x, weights('w1', [10, 3, 3, 3])], { attributes: { pads: [1, 1, 1, 1] } });
  const first = g.node('lif', [conv, one, most, most], { name: 'first', attributes: { refractory: 1 } });
  const pooled = g.node('sumPool', [g.node('delay', [first], { attributes: { steps: 2 } })], {
    attributes: { kernel: [2, 2], strides: [2, 2] },
    quantization: quantization(1, 0),
  });
  const flat = g.node('reshape', [pooled], { attributes: { shape: [steps, 90] } });
  const hidden = g.node('linear', [flat, g.constant('w2', draw.floats([12, 90]))]);
  const recurrent = g.constant('r', draw.floats([12, 12]));
  const attributes = { delayedReset: true, reset: 'value' } as const;
  const second = g.node('lif', [hidden, one, most, '', recurrent], { name: 'second', attributes });
  const scores = g.node('linear', [second, weights('w3', [4, 12])]);
  g.output(g.node('integrate', [scores, most], { name: 'scores' }));
  g.output(second);
  return g.build();
}

const events = new Draw(6);
const x = Uint8Array.from(events.list(elementCount(shape), () => (events.random() < 0.3 ? 1 : 0)));
const frame = (t: number): Uint8Array => x.subarray((t * x.length) / steps, ((t + 1) * x.length) / steps);

const expected = interpret(network(), { x: { dtype: 'u8', shape, data: x } });

const open: Model[] = [];
const opened = async (options = {}): Promise<Model> => {
  const model = await load(network(), options);
  open.push(model);
  return model;
};
afterEach(() => {
  for (const model of open.splice(0)) model.close();
});

const sum = (data: Tensor['data'] | undefined): number => [...(data ?? [])].reduce((a, b) => a + b, 0);

describe.each([
  ['here', {}],
  ['with two threads', { threads: 2 }],
  ['in a worker', { worker: true }],
])('a spiking model %s', (_where, options) => {
  test('gives the bits of the reference', async () => {
    const outputs = await (await opened(options)).run({ x });
    expect(outputs).toEqual(expected);
  });

  test('streams: single steps end where one run of all of them ends, again after a reset', async () => {
    const stream = await (await opened(options)).stream();
    expect(stream.inputs[0]?.shape).toEqual([1, 3, 7, 7]);
    for (const _again of [1, 2]) {
      for (let t = 0; t < steps; t++) {
        const { scores, second } = await stream.step({ x: frame(t) });
        expect(second?.data).toEqual(expected.second?.data.slice(t * 12, (t + 1) * 12));
        if (t === steps - 1) expect(scores).toEqual(expected.scores);
      }
      await stream.reset();
    }
    stream.close();
  });

  test('counts neurons and spikes of the last run', async () => {
    const model = await opened(options);
    const layer = (name: string) => model.explain().layers.find((each) => each.name === name);
    expect(layer('first')).toMatchObject({ op: 'lif', neurons: 490 });
    expect(layer('first')?.spikes).toBeUndefined();
    await model.run({ x });
    expect(layer('second')).toMatchObject({ neurons: 12, spikes: sum(expected.second?.data) });
    expect(layer('first')?.spikes).toBeGreaterThan(100);
    const profile = await model.profile({ x }, { runs: 2 });
    expect(profile.layers.find((each) => each.name === 'second')?.spikes).toBe(sum(expected.second?.data));
  });

  test('closes its streams with itself, and a stream alone', async () => {
    const model = await opened(options);
    const [one, other] = [await model.stream(), await model.stream()];
    one.close();
    expect(await failure(one.step({ x: frame(0) }))).toMatch(/^closed/);
    expect((await other.step({ x: frame(0) })).second?.shape).toEqual([1, 12]);
    model.close();
    expect(await failure(other.step({ x: frame(0) }))).toMatch(/^closed/);
    expect(await failure(model.stream())).toMatch(/^closed/);
  });

  test('refuses to stream without neurons', async () => {
    const g = graphBuilder('plain');
    g.output(g.node('relu', [g.input('x', f32Type([1, 4]))]));
    const model = await load(g.build(), options);
    expect(await failure(model.stream())).toMatch(/^unsupported .*no lif or integrate node/);
    model.close();
  });
});

test('a sum over all steps cannot be streamed', async () => {
  const g = graphBuilder('rate');
  const one = g.constant('one', { dtype: 'f32', shape: [1], data: Float32Array.of(1) });
  const spikes = g.node('lif', [g.input('x', f32Type([3, 2])), one, one]);
  g.output(
    g.node('reduceSum', [g.node('dequantize', [spikes])], { name: 'rate', attributes: { axes: [0] } }),
  );
  const model = await load(g.build());
  expect(await failure(model.stream())).toMatch(
    /^unsupported node 'rate' \(reduceSum\): needs all time steps/,
  );
  model.close();
});

test('a direct-coded image is given again at every step', async () => {
  const g = graphBuilder('direct');
  const one = g.constant('one', { dtype: 'f32', shape: [1], data: Float32Array.of(1) });
  const image = g.input('image', f32Type([1, 5]));
  g.output(g.node('lif', [image, one, one], { name: 's', attributes: { steps: 4 } }));
  const model = await load(g.build());
  const data = Float32Array.of(0.25, 0.5, 0.75, 1, 2);
  const { s } = await model.run({ image: data });
  const stream = await model.stream();
  for (let t = 0; t < 4; t++) {
    const step = await stream.step({ image: data });
    expect(step.s?.data).toEqual(s?.data.slice(5 * t, 5 * t + 5));
  }
  model.close();
});
