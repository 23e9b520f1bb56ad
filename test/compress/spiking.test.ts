import { describe, expect, test } from 'vitest';
import { toSpiking } from '../../src/compress/spiking/convert.js';
import { f32Type, graphBuilder } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpret.js';
import { elementCount, type Tensor } from '../../src/graph/tensor.js';
import { inferTypes } from '../../src/graph/types.js';
import { Draw } from '../conformance/generate.js';

/** A small network of every kind of node that can be converted. */
function network(): Graph {
  const draw = new Draw(3);
  const g = graphBuilder('ann');
  const weight = (name: string, shape: readonly number[]): string => {
    const spread = 1.5 / Math.sqrt(elementCount(shape.slice(1)));
    return g.constant(name, draw.floats(shape, -spread, spread));
  };
  const x = g.input('x', f32Type([1, 2, 8, 8]));
  const same = { attributes: { pads: [1, 1, 1, 1] } };
  const first = g.node('relu', [g.node('conv', [x, weight('w1', [8, 2, 3, 3])], same)], { name: 'first' });
  const pooled = g.node('averagePool', [first], { attributes: { kernel: [2, 2], strides: [2, 2] } });
  const residual = g.node('add', [g.node('conv', [pooled, weight('w2', [8, 8, 3, 3])], same), pooled]);
  const second = g.node('relu', [residual], { name: 'second' });
  const half = g.node('maxPool', [second], { attributes: { kernel: [2, 2], strides: [2, 2] } });
  const flat = g.node('reshape', [half], { attributes: { shape: [1, 32] } });
  const third = g.node('relu', [g.node('linear', [flat, weight('w3', [24, 32]), weight('b3', [24])])], {
    name: 'third',
  });
  g.output(g.node('linear', [third, weight('w4', [5, 24])], { name: 'scores' }), {
    kind: 'classes',
    labels: ['a', 'b', 'c', 'd', 'e'],
  });
  return g.build();
}

const draws = new Draw(4);
const samples: { readonly x: Tensor }[] = draws.list(4, () => ({
  x: { dtype: 'f32', shape: [1, 2, 8, 8], data: Float32Array.from(draws.list(128, () => draws.real(-1, 1))) },
}));

const scores = (graph: Graph, sample: { readonly x: Tensor }): number[] => [
  ...(interpret(graph, sample).scores?.data ?? []),
];

const correlation = (a: readonly number[], b: readonly number[]): number => {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  const product = (p: readonly number[], mp: number, q: readonly number[], mq: number) =>
    p.reduce((sum, value, i) => sum + (value - mp) * ((q[i] ?? 0) - mq), 0);
  return product(a, ma, b, mb) / Math.sqrt(product(a, ma, a, ma) * product(b, mb, b, mb));
};

describe('toSpiking', () => {
  test('every relu becomes neurons, the output a sum over time, with the meaning that it had', async () => {
    const spiking = await toSpiking(network(), samples, { steps: 4, searchSteps: 6 });
    const neurons = spiking.nodes.filter(({ op }) => op === 'lif').map(({ name }) => name);
    expect(neurons).toEqual(['first', 'second', 'third']);
    expect(spiking.nodes.at(-1)?.op).toBe('integrate');
    expect(inferTypes(spiking).get('scores')?.shape).toEqual([1, 5]);
    expect(spiking.outputs).toEqual(network().outputs);
  });

  test('with many steps the scores follow those of the network', async () => {
    const spiking = await toSpiking(network(), samples, { steps: 160, searchSteps: 16, percentile: 100 });
    for (const sample of samples) {
      expect(correlation(scores(spiking, sample), scores(network(), sample))).toBeGreaterThan(0.9);
    }
  });

  test('the first threshold is the percentile of what the first layer gives', async () => {
    const g = graphBuilder('ramp');
    const one = g.constant('w', { dtype: 'f32', shape: [1, 1], data: Float32Array.of(1) });
    const x = g.input('x', f32Type([1, 1000, 1]));
    g.output(g.node('linear', [g.node('relu', [g.node('linear', [x, one])], { name: 'n' }), one]));
    const data = Float32Array.from({ length: 1000 }, (_, i) => i / 1000);
    const ramp = [{ x: { dtype: 'f32', shape: [1, 1000, 1], data } as const }];
    const threshold = async (options: Parameters<typeof toSpiking>[2]) => {
      const { constants } = await toSpiking(g.build(), ramp, { searchSteps: 2, ...options });
      return constants.get('n.threshold')?.data[0] ?? Number.NaN;
    };
    expect(Math.abs((await threshold({ percentile: 90 })) - 0.9)).toBeLessThan(2e-3);
    expect(await threshold({ percentile: 100 })).toBe(Math.fround(0.999));
    expect(await threshold({ percentile: 100, thresholdScale: 0.5 })).toBe(Math.fround(0.999) / 2);
  });

  test('weights of few bits: their scales are in the thresholds, one for each channel', async () => {
    const options = { steps: 60, searchSteps: 16, percentile: 100 };
    const spiking = await toSpiking(network(), samples, { ...options, weightBits: 8 });
    expect(spiking.constants.get('w3')).toMatchObject({
      dtype: 'i8',
      quantization: { bits: 8, scales: new Float32Array(24).fill(1) },
    });
    expect(spiking.constants.get('third.threshold')?.shape).toEqual([24]);
    expect(spiking.constants.get('w2')?.quantization?.scales[0]).toBeLessThan(1);
    expect(spiking.constants.get('w1')?.dtype).toBe('f32');
    const real = await toSpiking(network(), samples, options);
    for (const sample of samples) {
      expect(correlation(scores(spiking, sample), scores(real, sample))).toBeGreaterThan(0.9);
    }
  });

  test('refuses what cannot be converted, and options that do not exist', async () => {
    const g = graphBuilder('other');
    g.output(g.node('sigmoid', [g.input('x', f32Type([1, 2, 8, 8]))], { name: 's' }));
    await expect(toSpiking(g.build(), samples)).rejects.toThrow(
      /node 's' \(sigmoid\): .*cannot be converted/,
    );
    await expect(toSpiking(network(), [])).rejects.toThrow(/give at least one/);
    const wrong = { step: 4 } as Parameters<typeof toSpiking>[2];
    await expect(toSpiking(network(), samples, wrong)).rejects.toThrow(/did you mean 'steps'/);
  });
});
