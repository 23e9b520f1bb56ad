import { load, type Model } from 'spikelet';
import { afterEach, describe, expect, test } from 'vitest';
import { f32Type, graphBuilder, quantization, u8Type } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpret.js';
import { withSteps } from '../../src/graph/steps.js';
import { elementCount, type Tensor } from '../../src/graph/tensor.js';
import { Draw } from '../conformance/generate.js';
import { failure } from './plans.js';

const steps = 8;
const shape = [steps, 12];

/** Events, hidden neurons and scores that add up. */
function network(given = shape, output: 'last' | 'all' = 'last'): Graph {
  const draw = new Draw(9);
  const g = graphBuilder('early');
  const one = g.constant('one', { dtype: 'f32', shape: [1], data: Float32Array.of(1) });
  const x = g.input('x', u8Type(given, quantization(1, 0)));
  const hidden = g.node('linear', [x, g.constant('w1', draw.floats([20, 12]))]);
  const spikes = g.node('lif', [hidden, one, one], { name: 'hidden' });
  const current = g.node('linear', [spikes, g.constant('w2', draw.floats([3, 20]))]);
  g.output(g.node('integrate', [current, one], { name: 'scores', attributes: { output } }));
  return g.build();
}

const events = new Draw(3);
const x = Uint8Array.from(events.list(elementCount(shape), () => (events.random() < 0.4 ? 1 : 0)));

/** Scores after each number of steps, from the reference. */
const scoresAfter = Array.from({ length: steps }, (_, t): Tensor['data'] => {
  const data = x.slice(0, (t + 1) * 12);
  const part = interpret(withSteps(network(), t + 1), { x: { dtype: 'u8', shape: [t + 1, 12], data } });
  return part.scores?.data ?? new Float32Array();
});

function lead(scores: Tensor['data'] | undefined): number {
  const [first = 0, second = 0] = [...(scores ?? [])].sort((a, b) => b - a);
  return first - second;
}

const open: Model[] = [];
async function opened(graph: Graph, options = {}): Promise<Model> {
  const model = await load(graph, options);
  open.push(model);
  return model;
}
afterEach(() => {
  for (const model of open.splice(0)) model.close();
});

describe.each([
  ['here', {}],
  ['with two threads', { threads: 2 }],
  ['in a worker', { worker: true }],
])('a run %s that may stop early', (_where, options) => {
  test('ends with the step after which the first class leads by the margin, and has its scores', async () => {
    const model = await opened(network(), options);
    const seen = new Set<number>();
    for (const margin of [0.01, 0.5, 1, 1.5, 2, 3]) {
      const wanted = scoresAfter.findIndex((scores) => lead(scores) >= margin);
      const last = wanted < 0 ? steps - 1 : wanted;
      const result = await model.run({ x }, { certain: margin });
      expect(result.steps).toEqual({ dtype: 'i32', shape: [1], data: Int32Array.of(last + 1) });
      expect(result.scores?.data).toEqual(scoresAfter[last]);
      seen.add(last);
    }
    expect(seen.size).toBeGreaterThan(2);
  });

  test('gives the outputs of a whole run where the lead is never so large', async () => {
    const model = await opened(network(), options);
    const whole = await model.run({ x });
    const spikes = model.explain().layers.find(({ op }) => op === 'lif')?.spikes;
    const runs = await Promise.all([
      model.run({ x }, { certain: 1e9 }),
      model.run({ x }, { certain: Number.POSITIVE_INFINITY }),
    ]);
    for (const { steps: taken, ...outputs } of runs) {
      expect(outputs).toEqual(whole);
      expect(taken?.data).toEqual(Int32Array.of(steps));
    }
    expect(model.explain().layers.find(({ op }) => op === 'lif')?.spikes).toBe(spikes);
  });

  test('can be aborted and is run again from the first step', async () => {
    const model = await opened(network(), options);
    const whole = await model.run({ x }, { certain: 1e9 });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(model.run({ x }, { certain: 1e9, signal })).rejects.toThrow('enough');
    expect(await model.run({ x }, { certain: 1e9 })).toEqual(whole);
    model.close();
    expect(await failure(model.run({ x }, { certain: 1 }))).toMatch(/^closed/);
  });
});

test('an image that is given directly is seen again at every step', async () => {
  const g = graphBuilder('direct');
  const one = g.constant('one', { dtype: 'f32', shape: [1], data: Float32Array.of(1) });
  const spikes = g.node('lif', [g.input('image', f32Type([1, 2])), one, one], { attributes: { steps: 10 } });
  g.output(g.node('integrate', [g.node('dequantize', [spikes]), one], { name: 'counts' }));
  const model = await opened(g.build());
  const { counts, steps: taken } = await model.run({ image: [0.8, 0.1] }, { certain: 4 });
  expect(taken?.data).toEqual(Int32Array.of(6));
  expect(counts?.data).toEqual(Float32Array.of(4, 0));
});

test('models without scores that add up over time are refused', async () => {
  const plain = graphBuilder('plain');
  plain.output(plain.node('relu', [plain.input('x', f32Type([1, 4]))]));
  expect(await failure((await opened(plain.build())).run({ x: [1, 2, 3, 4] }, { certain: 1 }))).toMatch(
    /^unsupported .*no lif or integrate node/,
  );
  const all = await opened(network(shape, 'all'));
  expect(await failure(all.run({ x }, { certain: 1 }))).toMatch(
    /^unsupported option 'certain': output 'scores' has a value for each step/,
  );
  expect((await all.run({ x })).scores?.shape).toEqual([steps, 3]);
});

test('a margin that is no number above 0, and one for a step of a stream, are refused', async () => {
  const model = await opened(network());
  for (const certain of [0, -1, Number.NaN]) {
    expect(await failure(model.run({ x }, { certain }))).toMatch(/^invalid-option certain: must be a number/);
  }
  const stream = await model.stream();
  const step = stream.step({ x: x.subarray(0, 12) }, { certain: 1 } as object);
  expect(await failure(step)).toMatch(/^invalid-option certain: step has no option/);
});
