import { describe, expect, it } from 'vitest';
import { quantization, weightConstant } from '../../src/graph/builder.js';
import type { Graph } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpret.js';
import { load } from '../../src/index.js';

const scale = quantization(1, 0);

/** One product of a row of equal weights, declared to have 8 bits. */
function rowGraph(length: number, weight: number): Graph {
  return {
    name: 'row',
    inputs: [{ name: 'x', type: { dtype: 'u8', shape: [1, length], quantization: scale } }],
    outputs: [{ name: 'y' }],
    constants: new Map([['w', weightConstant([1, length], new Int8Array(length).fill(weight), [1], 8)]]),
    nodes: [
      {
        op: 'linear',
        name: 'y',
        inputs: ['x', 'w'],
        outputs: ['y'],
        attributes: {},
        quantization: quantization(2 ** 20, 0),
      },
    ],
  };
}

describe('a Graph given to load', () => {
  it.each([
    [7, 100_000],
    [1, 200_000],
    [1, 3_000_000],
    [-1, 3_000_000],
  ])('sums weights of %i in rows of %i as the reference does', async (weight, length) => {
    const graph = rowGraph(length, weight);
    const data = new Uint8Array(length).fill(255);
    const model = await load(graph);
    const { y } = await model.run({ x: data });
    model.close();
    expect(y?.data).toEqual(interpret(graph, { x: { dtype: 'u8', shape: [1, length], data } }).y?.data);
  });

  it('is validated before anything is compiled', async () => {
    const graph = rowGraph(4, 1);
    const short = weightConstant([1, 4], new Int8Array(3), [1], 8);
    const broken: readonly Graph[] = [
      { ...graph, constants: new Map([['w', short]]) },
      { ...graph, nodes: [] },
      { ...graph, inputs: [] },
      JSON.parse('{"name":"x","nodes":5,"constants":5}'),
    ];
    for (const source of broken) await expect(load(source)).rejects.toMatchObject({ code: 'invalid-model' });
  });

  it('may not need more than the memory limit for its tables', async () => {
    const image = { dtype: 'u8', shape: [1, 1, 2000, 2000], quantization: scale } as const;
    const graph: Graph = {
      name: 'large tables',
      inputs: [{ name: 'x', type: image }],
      outputs: [{ name: 'y' }],
      constants: new Map([['w', weightConstant([1, 1, 1, 1], Int8Array.of(1), [1], 8)]]),
      nodes: [
        {
          op: 'conv',
          name: 'y',
          inputs: ['x', 'w'],
          outputs: ['y'],
          attributes: { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], groups: 1 },
          quantization: scale,
        },
      ],
    };
    await expect(load(graph, { memoryLimit: 8 << 20 })).rejects.toMatchObject({ code: 'out-of-memory' });
  });

  it('can be aborted between the stages of a load', async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort());
    await expect(load(rowGraph(4, 1), { signal: controller.signal })).rejects.toThrow('aborted');
  });
});

describe('options of load that are functions', () => {
  const graph = rowGraph(4, 1);
  const nothing = () => undefined as never;

  it.each([
    ['a worker that is none', { worker: nothing }, 'invalid-option'],
    ['a worker without messages', { worker: () => ({}) as never }, 'invalid-option'],
    ['kernels that are none', { kernels: {} as never }, 'invalid-option'],
    ['a function that gives no kernels', { kernels: nothing }, 'invalid-option'],
    ['a function that fails', { kernels: () => Promise.reject(new Error('offline')) }, 'no-engine'],
  ])('refuse %s', async (_what, options, code) => {
    await expect(load(graph, options)).rejects.toMatchObject({ name: 'SpikeletError', code });
  });

  it('refuse an empty path', async () => {
    await expect(load('')).rejects.toMatchObject({ code: 'invalid-input', where: 'source' });
  });
});
