import { load } from 'spikelet';
import { describe, expect, test } from 'vitest';
import { familiesFor } from '../../src/compile/families.js';
import type { KernelFamily, KernelVariant } from '../../src/engine/kernels/source.js';
import { interpret } from '../../src/graph/interpret.js';
import { layerGraph, linearGraph } from '../../tools/bench/sparse/pruned.js';
import { builtModule } from '../kernels/built.js';

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

describe('the families of kernels that a model asks for', () => {
  const asked = async (layer: typeof graph): Promise<readonly string[]> => {
    const families = new Set<string>();
    const kernels = (variant: KernelVariant, family: KernelFamily): Uint8Array => {
      families.add(family);
      return builtModule(family, variant);
    };
    const model = await load(layer, { kernels });
    model.close();
    return [...families];
  };

  test.each([
    ['2-bit weights of which 60 % are zero', layerGraph(shape, 0.4, 'irregular', 2)],
    ['4-bit weights of which 65 % are zero', layerGraph(shape, 0.35, 'irregular', 4)],
    ['8-bit weights of which 40 % are zero', layerGraph(shape, 0.6, 'irregular')],
  ])('are the core alone for %s, without code for sparse layers', async (_, dense) => {
    expect(familiesFor(dense)).toEqual([]);
    expect(await asked(dense)).toEqual(['core']);
  });

  test('are the core alone where layers are sparse and their plan is not', async () => {
    const dense = layerGraph(shape, 0.45, 'irregular');
    expect(familiesFor(dense)).toEqual(['sparse']);
    expect(await asked(dense)).toEqual(['core']);
  });

  test.each([
    ['a convolution', graph],
    ['a convolution of 4-bit weights', layerGraph(shape, 0.03, 'irregular', 4)],
    ['one whose groups are left', layerGraph(shape, 0.3, 'grouped')],
    ['a fully connected layer', linearGraph([512, 64], 0.05, 'irregular')],
  ])('have the sparse one for %s that is pruned', async (_, pruned) => {
    expect(await asked(pruned)).toEqual(['core', 'sparse']);
  });
});
