import { describe, expect, test } from 'vitest';
import type { Cube } from '../../src/data/cube/cube.js';
import { patches, reflected } from '../../src/data/cube/patches.js';
import { SpikeletError } from '../../src/error.js';
import type { Graph } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpret.js';
import type { Tensor } from '../../src/graph/tensor.js';
import { batched, convolutional } from '../../src/scenes/convolutional/over-tile.js';
import { type PatchNetwork, patchNetwork } from '../../src/scenes/patch-network.js';
import { noise } from '../compress/nets.js';
import {
  bands,
  cnn3d,
  cnn32h,
  hybridSn,
  overBytes,
  padded,
  pooled,
  quantized,
  recurrent,
  spiking,
  strided,
} from './networks.js';

const scene: Cube = {
  name: 'scene',
  height: 6,
  width: 5,
  bands,
  data: noise(9, 6 * 5 * bands).map((x) => Math.abs(x) / 3),
};

const run = (graph: Graph, x: Tensor): Tensor => {
  const name = graph.inputs[0]?.name ?? '';
  const output = interpret(graph, { [name]: x })[graph.outputs[0]?.name ?? ''];
  if (!output) throw new Error('no output');
  return output;
};

/** The scores of every pixel, patch by patch. */
function byPatches({ graph, size, classes }: PatchNetwork): Float32Array {
  const { height, width } = scene;
  const result = new Float32Array(height * width * classes);
  const shape = graph.inputs[0]?.type.shape ?? [];
  for (let pixel = 0; pixel < height * width; pixel++) {
    result.set(run(graph, { ...patches(scene, [pixel], size), shape }).data, pixel * classes);
  }
  return result;
}

/** The whole scene with its border reflected, as the input of a network over it. */
function wholeScene(graph: Graph, size: number): Tensor {
  const { height, width, data } = scene;
  const reach = (size - 1) / 2;
  const [rows, columns] = [height + 2 * reach, width + 2 * reach];
  const values = new Float32Array(bands * rows * columns);
  values.forEach((_, i) => {
    const [band, row, column] = [Math.floor(i / rows / columns), Math.floor(i / columns) % rows, i % columns];
    const pixel = reflected(row - reach, height) * width + reflected(column - reach, width);
    values[i] = data[pixel * bands + band] ?? 0;
  });
  return { dtype: 'f32', shape: graph.inputs[0]?.type.shape ?? [], data: values };
}

const overScene = (network: PatchNetwork): Graph =>
  convolutional(network, { rows: scene.height, columns: scene.width });

function expectSameBits(network: PatchNetwork): void {
  const graph = overScene(network);
  const scores = run(graph, wholeScene(graph, network.size)).data;
  expect(scores).toEqual(byPatches(network));
  expect(new Set(scores).size).toBeGreaterThan(network.classes);
}

const networks = { cnn3d, hybridSn, cnn32h, strided, pooled };

describe('a patch network made convolutional', () => {
  test.each(Object.entries(networks))('%s gives the same scores in f32', (_, make) => {
    const network = patchNetwork(make());
    const graph = overScene(network);
    const scores = run(graph, wholeScene(graph, network.size));
    expect(scores.shape).toEqual([30, 4]);
    const expected = byPatches(network);
    for (const [i, score] of scores.data.entries()) expect(score).toBeCloseTo(expected[i] ?? 0, 5);
  });

  test.each(Object.entries(networks))('%s gives the same bits in integers', async (_, make) => {
    const network = patchNetwork(await quantized(make()));
    expectSameBits(network);
  });

  test.each([
    ['cnn3d', cnn3d],
    ['cnn32h', () => cnn32h(false)],
    ['hybridSn', hybridSn],
    ['pooled', pooled],
  ] as const)('%s gives the same bits in spikes over integer weights', async (_, make) => {
    const network = patchNetwork(await spiking(make(), 6));
    expectSameBits(network);
  });

  test('gives the same bits in spikes over f32 weights where sums keep their order', async () => {
    const network = patchNetwork(await spiking(cnn3d()));
    expectSameBits(network);
  });

  test.each([
    ['padding in space', padded(), /node 'conv1' \(conv\): pads the border of the patch/],
  ])('is refused for %s', (_, graph, message) => {
    const attempt = (): Graph => overScene(patchNetwork(graph));
    expect(attempt).toThrow(message);
    expect(attempt).toThrow(SpikeletError);
  });

  test('of spikes is refused where neurons are connected among each other', () => {
    expect(() => overScene(patchNetwork(recurrent()))).toThrow(/node 'hidden' \(lif\).*patch by patch/);
  });
});

describe('a patch network over several patches', () => {
  test.each(Object.entries({ ...networks, padded }))('%s gives the same bits', (_, make) => {
    const network = patchNetwork(make());
    const graph = batched(network, 30);
    const x = patches(
      scene,
      Uint32Array.from({ length: 30 }, (_, i) => i),
      network.size,
    );
    const { shape } = graph.inputs[0]?.type ?? { shape: [] };
    expect(run(graph, { ...x, shape }).data).toEqual(byPatches(network));
  });

  test.each([
    ['cnn3d', cnn3d],
    ['cnn32h', () => cnn32h(false)],
    ['hybridSn', hybridSn],
    ['padded', padded],
  ] as const)('%s gives the same bits in spikes', async (_, make) => {
    const network = patchNetwork(overBytes(await spiking(make(), 6)));
    const graph = batched(network, 30);
    const pixels = Uint32Array.from({ length: 30 }, (_, i) => i);
    const { shape } = graph.inputs[0]?.type ?? { shape: [] };
    expect(run(graph, { ...patches(scene, pixels, network.size), shape }).data).toEqual(byPatches(network));
  });

  test('is refused where neurons are connected among each other', () => {
    expect(() => batched(patchNetwork(recurrent()), 2)).toThrow(/node 'hidden' \(lif\).*patch by patch/);
  });
});
