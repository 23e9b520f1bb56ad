import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Graph } from '../../../src/graph/graph.js';
import { interpret } from '../../../src/graph/interpret.js';
import type { Tensor } from '../../../src/graph/tensor.js';
import { validateGraph } from '../../../src/graph/validate.js';
import { layersOf, stageGraph } from '../../../src/pipeline/index.js';
import { goldenNetworks } from '../../conformance/networks.js';

/** What stages compute one after the other. */
function inStages(graph: Graph, cuts: readonly number[], inputs: Readonly<Record<string, Tensor>>) {
  const layers = layersOf(graph);
  const ends = [...cuts, layers.length];
  let values = inputs;
  ends.forEach((end, i) => {
    const stage = stageGraph(graph, layers, ends[i - 1] ?? 0, end);
    validateGraph(stage);
    values = interpret(stage, values);
  });
  return values;
}

describe.each(goldenNetworks.map((network) => [network.name, network] as const))('%s', (_, { make }) => {
  const { graph, inputs } = make();
  const layers = layersOf(graph);

  test('has layers that begin with a multiplication and cover every node once', () => {
    expect(layers.length).toBeGreaterThan(2);
    expect(layers.map(({ begin }) => begin)).toEqual([0, ...layers.slice(0, -1).map(({ end }) => end)]);
    expect(layers.at(-1)?.end).toBe(graph.nodes.length);
    for (const { macs } of layers) expect(macs).toBeGreaterThan(0);
  });

  test('gives the same bytes wherever it is cut', () => {
    const whole = interpret(graph, inputs);
    const all = layers.slice(1).map((_, i) => i + 1);
    fc.assert(
      fc.property(fc.subarray(all), (cuts) => {
        expect(inStages(graph, cuts, inputs)).toEqual(whole);
      }),
      { numRuns: 12 },
    );
  });

  test('gives each stage its own weights alone', () => {
    const stages = layers.map((_, i) => stageGraph(graph, layers, i, i + 1));
    const used = new Set(
      graph.nodes.flatMap((node) => node.inputs.filter((name) => graph.constants.has(name))),
    );
    const names = stages.flatMap(({ constants }) => [...constants.keys()]);
    expect([...names].sort()).toEqual([...used].sort());
  });
});

test('a value that is needed far behind travels through every stage between', () => {
  const shape = [1, 4];
  const constant = { dtype: 'f32', shape: [4, 4], data: new Float32Array(16).fill(0.5) } as const;
  const graph: Graph = {
    name: 'far',
    inputs: [{ name: 'x', type: { dtype: 'f32', shape } }],
    outputs: [{ name: 'early' }, { name: 'sum' }],
    constants: new Map([['w', constant]]),
    nodes: [
      { op: 'linear', name: 'early', inputs: ['x', 'w'], outputs: ['early'], attributes: {} },
      { op: 'linear', name: 'middle', inputs: ['early', 'w'], outputs: ['middle'], attributes: {} },
      { op: 'linear', name: 'late', inputs: ['middle', 'w'], outputs: ['late'], attributes: {} },
      { op: 'add', name: 'sum', inputs: ['late', 'x'], outputs: ['sum'], attributes: {} },
    ],
  };
  const layers = layersOf(graph);
  expect(layers.map(({ crossing }) => crossing)).toEqual([
    ['x', 'early'],
    ['x', 'early', 'middle'],
    ['early', 'sum'],
  ]);
  const inputs = { x: { dtype: 'f32', shape, data: Float32Array.of(1, 2, 3, 4) } } as const;
  expect(inStages(graph, [1, 2], inputs)).toEqual(interpret(graph, inputs));
});
