import { describe, expect, test } from 'vitest';
import { fromNir } from '../../../src/format/nir/index.js';
import { array, type GraphSpec, integers, list, type NodeSpec, nirFile } from './nir-file.js';
import { refusal, runNir } from './run.js';

const size = 3;
const steps = 12;
const neurons: NodeSpec = { type: 'IF', r: list(1, 1, 2), v_threshold: list(1, 1, 1) };
const weight = [0, 0.5, -0.25, 0.75, 0, 0.5, -1, 0.25, 0];
const input: NodeSpec = { type: 'Input', shape: integers(size) };
const output: NodeSpec = { type: 'Output', shape: integers(size) };

/** Spikes of the layer above with a loop, one step after the other. */
function reference(matrix: readonly number[], bias: readonly number[], x: readonly number[]): number[] {
  const u = [0, 0, 0];
  let before = [0, 0, 0];
  const out: number[] = [];
  for (let t = 0; t < steps; t++) {
    const now = [0, 1, 2].map((n) => {
      const back = [0, 1, 2].reduce(
        (sum, j) => sum + (matrix[n * size + j] ?? 0) * (before[j] ?? 0),
        bias[n] ?? 0,
      );
      const v = (u[n] ?? 0) + (n === 2 ? 2 : 1) * ((x[t * size + n] ?? 0) + back);
      u[n] = v > 1 ? v - 1 : v;
      return v > 1 ? 1 : 0;
    });
    before = now;
    out.push(...now);
  }
  return out;
}

const x = Array.from({ length: steps * size }, (_, i) => ((i * 7) % 5) / 8 + 0.125);

const graph = (nodes: GraphSpec['nodes'], edges: GraphSpec['edges']): GraphSpec => ({
  nodes: { in: input, layer: neurons, out: output, ...nodes },
  edges: [['in', 'layer'], ['layer', 'out'], ...edges],
});

const back: GraphSpec['edges'] = [
  ['layer', 'w'],
  ['w', 'layer'],
];
const linear: NodeSpec = { type: 'Linear', weight: array([size, size], weight) };
const none = [0, 0, 0];

describe('a loop from a layer back to it', () => {
  test('becomes its recurrent matrix: spikes arrive at the next step', async () => {
    const spec = graph({ w: linear }, back);
    const result = fromNir(await nirFile(spec), { steps });
    expect(result.nodes.map(({ op }) => op)).toEqual(['multiply', 'lif']);
    expect(await runNir(spec, { steps }, x)).toEqual(reference(weight, none, x));
  });

  test('adds its bias at every step, the first among them', async () => {
    const bias = [0.25, -0.125, 0.5];
    const spec = graph(
      { w: { type: 'Affine', weight: array([size, size], weight), bias: list(...bias) } },
      back,
    );
    expect(await runNir(spec, { steps }, x)).toEqual(reference(weight, bias, x));
  });

  test('may lead through several linear nodes and part on the way', async () => {
    const spec = graph(
      {
        w: { type: 'Affine', weight: array([2, size], [1, 0, -1, 0.5, 0.5, 0]), bias: list(1, -1) },
        s: { type: 'Scale', scale: list(0.5, 2) },
        v: { type: 'Linear', weight: array([size, 2], [1, 0, 0.25, 0.5, 0, -1]) },
        straight: { type: 'Scale', scale: list(0.25) },
      },
      [
        ['layer', 'w'],
        ['w', 's'],
        ['s', 'v'],
        ['v', 'layer'],
        ['layer', 'straight'],
        ['straight', 'layer'],
      ],
    );
    const inner = [0.5, 0, -0.5, 1, 1, 0];
    const innerBias = [0.5, -2];
    const outer = [1, 0, 0.25, 0.5, 0, -1];
    const row = (n: number, j: number): number =>
      (outer[2 * n] ?? 0) * (inner[j] ?? 0) +
      (outer[2 * n + 1] ?? 0) * (inner[size + j] ?? 0) +
      (n === j ? 0.25 : 0);
    const matrix = [0, 1, 2].flatMap((n) => [0, 1, 2].map((j) => row(n, j)));
    const bias = [0, 1, 2].map(
      (n) => (outer[2 * n] ?? 0) * (innerBias[0] ?? 0) + (outer[2 * n + 1] ?? 0) * (innerBias[1] ?? 0),
    );
    expect(await runNir(spec, { steps }, x)).toEqual(reference(matrix, bias, x));
  });

  test('may be the layer itself', async () => {
    const spec = graph({}, [['layer', 'layer']]);
    expect(await runNir(spec, { steps }, x)).toEqual(reference([1, 0, 0, 0, 1, 0, 0, 0, 1], none, x));
  });

  test('may have a node that leads elsewhere too', async () => {
    const spec: GraphSpec = {
      nodes: { in: input, layer: neurons, w: linear, out: output },
      edges: [['in', 'layer'], ...back, ['w', 'out']],
    };
    const spikes = reference(weight, none, x);
    const expected = Array.from({ length: steps * size }, (_, i) => {
      const [t, n] = [Math.floor(i / size), i % size];
      return [0, 1, 2].reduce((sum, j) => sum + (weight[n * size + j] ?? 0) * (spikes[t * size + j] ?? 0), 0);
    });
    expect(await runNir(spec, { steps }, x)).toEqual(expected);
  });

  test('may be a nested graph', async () => {
    const nested: NodeSpec = {
      type: 'NIRGraph',
      nodes: { input, lif: neurons, w: linear, output },
      edges: [
        ['input', 'lif'],
        ['lif', 'w'],
        ['w', 'lif'],
        ['lif', 'output'],
      ],
    };
    const spec: GraphSpec = {
      nodes: { input, rnn: nested, output },
      edges: [
        ['input', 'rnn'],
        ['rnn', 'output'],
      ],
    };
    expect(await runNir(spec, { steps }, x)).toEqual(reference(weight, none, x));
  });
});

describe('other cycles are refused by name', () => {
  test('without neurons', async () => {
    const spec = graph({ a: { type: 'Scale', scale: list(1) }, b: { type: 'Scale', scale: list(1) } }, [
      ['layer', 'a'],
      ['a', 'b'],
      ['b', 'a'],
      ['b', 'out'],
    ]);
    const error = refusal(await nirFile(spec));
    expect(error.code).toBe('invalid-model');
    expect(error.message).toMatch(/the cycle (a -> b -> a|b -> a -> b) leads through no neurons/);
  });

  test('through two layers', async () => {
    const spec = graph({ other: neurons, w: linear }, [
      ['layer', 'other'],
      ['other', 'w'],
      ['w', 'layer'],
    ]);
    const error = refusal(await nirFile(spec));
    expect(error.code).toBe('unsupported');
    expect(error.message).toContain('leads through more than one layer of neurons');
    for (const name of ['layer', 'other', 'w']) expect(error.message).toContain(name);
  });

  test.each([
    ['Delay', { type: 'Delay', delay: list(0, 0, 0) }],
    ['LI', { type: 'LI', tau: list(1, 1, 1), r: list(1, 1, 1), v_leak: list(0, 0, 0) }],
    ['Threshold', { type: 'Threshold', threshold: list(1, 1, 1) }],
  ] as const)('through %s', async (type, w) => {
    const error = refusal(await nirFile(graph({ w }, back)));
    expect(error).toMatchObject({ code: 'unsupported' });
    expect(error.message).toContain(`a loop cannot lead through ${type}`);
  });

  test('with an input on the way', async () => {
    const error = refusal(await nirFile(graph({ w: linear }, [...back, ['in', 'w']])));
    expect(error.message).toMatch(/cycle .* gets input from 'in' at 'w'/);
  });
});
