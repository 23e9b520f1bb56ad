import { load } from 'spikelet';
import { expect, test } from 'vitest';
import { interpret } from '../../src/graph/interpret.js';
import { layerGraph } from '../../tools/bench/sparse/pruned.js';

const shape = { channels: 64, outChannels: 64, size: 12, kernel: 3, stride: 1 } as const;
const graph = layerGraph(shape, 0.03, 'irregular');
const input = Uint8Array.from({ length: 64 * 12 * 12 }, (_, i) => (i * 73) & 255);
const [output = ''] = graph.outputs.map(({ name }) => name);

test.each([
  {},
  { threads: 2 },
  { worker: true },
  { worker: true, threads: 2 },
])('a model whose kernels are not in the core alone runs with %j', async (options) => {
  const x = { dtype: 'u8', shape: [1, 64, 12, 12], data: input } as const;
  const expected = interpret(graph, { x })[output]?.data;
  const model = await load(graph, options);
  expect(model.explain().layers[0]?.kernels).toContain('u8i8_sparse_1x32');
  expect((await model.run({ x: input }))[output]?.data).toEqual(expected);
  model.close();
});
