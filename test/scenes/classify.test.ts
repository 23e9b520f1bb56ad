import { describe, expect, test } from 'vitest';
import type { Cube } from '../../src/data/cube/cube.js';
import { energyOf, energyPairs } from '../../src/graph/energy.js';
import type { Graph } from '../../src/graph/graph.js';
import {
  type ClassifiedTile,
  classifyScene,
  type SceneMap,
  type SceneOptions,
} from '../../src/scenes/index.js';
import { syntheticScene } from '../../tools/bench/scenes/synthetic.js';
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

const { cube } = syntheticScene({ height: 13, width: 11, bands, classes: 4, seed: 3 });

const classify = (graph: Graph, options: SceneOptions = {}, scene: Cube = cube): Promise<SceneMap> =>
  classifyScene(graph, scene, { normalisation: 'bands', ...options });

/** A scene that does not fit into little memory. */
const wide = syntheticScene({ height: 47, width: 50, bands, classes: 4, seed: 3 }).cube;
const little = 2 * 65536;

const forms: readonly (readonly [name: string, graph: () => Promise<Graph>])[] = [
  ['a volume network in integers', () => quantized(cnn3d())],
  ['volumes, then planes, in integers', () => quantized(hybridSn())],
  ['an image of channels in integers', () => quantized(cnn32h())],
  ['strides in integers', () => quantized(strided())],
  ['means in integers', () => quantized(pooled())],
  ['spikes over integer weights', async () => overBytes(await spiking(cnn3d(), 6))],
  ['spikes over f32 weights', async () => overBytes(await spiking(cnn3d()))],
  ['an image of channels in spikes', async () => overBytes(await spiking(cnn32h(false), 6))],
  ['planes in spikes', async () => overBytes(await spiking(hybridSn(), 6))],
];

describe('a scene tile by tile', () => {
  test.each(forms)('gives the bits of patch by patch: %s', async (_, make) => {
    const graph = await make();
    // Bright enough for neurons to fire.
    const normalisation = { kind: 'minmax', minimum: 2000, maximum: 3500 } as const;
    const whole = await classify(graph, { approach: 'convolutional', normalisation });
    const patchwise = await classify(graph, { approach: 'patches', normalisation });
    expect(whole.work.approach).toBe('convolutional');
    expect(patchwise.work).toMatchObject({ approach: 'patches' });
    expect(whole.labels).toEqual(patchwise.labels);
    expect(whole.confidence).toEqual(patchwise.confidence);
    expect(new Set(whole.confidence).size).toBeGreaterThan(cube.height);
  });

  test.each([
    ['volumes', cnn3d],
    ['planes', hybridSn],
    ['an image of channels', cnn32h],
    ['strides', strided],
    ['means', pooled],
  ] as const)('gives the confidence of patch by patch in f32, rounding aside: %s', async (_, make) => {
    const [whole, patchwise] = await Promise.all([
      classify(make(), { approach: 'convolutional' }),
      classify(make(), { approach: 'patches' }),
    ]);
    for (const [i, share] of whole.confidence.entries())
      expect(share).toBeCloseTo(patchwise.confidence[i] ?? 0, 5);
  });

  test('gives the same bits whatever the tiles, in every variant', async () => {
    const graph = await quantized(hybridSn());
    const whole = await classify(graph, {}, wide);
    const tiled = await classify(graph, { memoryLimit: little }, wide);
    const simd = await classify(graph, { memoryLimit: little, engine: { variant: 'simd' } }, wide);
    expect(whole.runs).toBeLessThan(tiled.runs);
    expect(whole.memoryBytes).toBeGreaterThan(little);
    expect(tiled.memoryBytes).toBeLessThanOrEqual(little);
    expect(tiled.confidence).toEqual(whole.confidence);
    expect(simd.confidence).toEqual(whole.confidence);
  });

  test('hands out every pixel as it comes, and how far it is', async () => {
    const tiles: ClassifiedTile[] = [];
    const done: number[] = [];
    const options: SceneOptions = {
      memoryLimit: little,
      onTile: (tile) => tiles.push(tile),
      onProgress: ({ done: pixels, total }) => done.push(pixels / total),
    };
    const map = await classify(await quantized(hybridSn()), options, wide);
    const labels = new Uint16Array(wide.height * wide.width);
    for (const { row, column, rows, columns, labels: own } of tiles) {
      for (let i = 0; i < own.length; i++) {
        labels[(row + Math.floor(i / columns)) * wide.width + column + (i % columns)] = own[i] ?? 0;
      }
      expect(own.length).toBe(rows * columns);
    }
    expect(labels).toEqual(map.labels);
    expect(done).toHaveLength(map.runs);
    expect(done.length).toBeGreaterThan(2);
    expect(done.at(-1)).toBe(1);
    expect(done).toEqual([...done].sort((a, b) => a - b));
  });

  test('counts spikes, and operations by them', async () => {
    const network = overBytes(await spiking(cnn3d(), 6));
    const normalisation = { kind: 'minmax', minimum: 2000, maximum: 3500 } as const;
    const { activity } = await classify(network, { normalisation });
    expect(activity?.spikes).toBeGreaterThan(0);
    const names = activity?.operations.map(({ name }) => name);
    expect(names).toEqual(['conv1', 'conv2', 'conv3', 'fc']);
    expect(energyOf(activity?.operations ?? [], energyPairs.int32).ratio).toBeGreaterThan(1);
    const patchwise = await classify(network, { normalisation, approach: 'patches' });
    const perPixel = (map: SceneMap, layer: string): number => {
      const operations = map.activity?.operations.find(({ name }) => name === layer)?.acs ?? Number.NaN;
      return (operations * map.runs) / (13 * 11);
    };
    // The last layer shares nothing, and must have read the same spikes.
    expect(perPixel(await classify(network, { normalisation }), 'fc')).toBeCloseTo(
      perPixel(patchwise, 'fc'),
      6,
    );
    expect((await classify(cnn3d())).activity).toBeUndefined();
  });
});

describe('a scene patch by patch', () => {
  test('is what is done where patches are padded, and why is said', async () => {
    const { work } = await classify(padded());
    expect(work).toMatchObject({ approach: 'patches', batch: 64 });
    expect(work).toMatchObject({ reason: expect.stringMatching(/node 'conv1' \(conv\): pads the border/) });
    await expect(classify(padded(), { approach: 'convolutional' })).rejects.toMatchObject({
      code: 'unsupported',
      where: "node 'conv1' (conv)",
    });
  });

  test('is done one at a time where neurons are connected among each other', async () => {
    const { work } = await classify(recurrent());
    expect(work).toMatchObject({ approach: 'patches', batch: 1 });
  });

  test('is done one at a time in spiking networks, whose spikes are those of the whole scene', async () => {
    const network = overBytes(await spiking(cnn32h(false), 6));
    const normalisation = { kind: 'minmax', minimum: 2000, maximum: 3500 } as const;
    const whole = await classify(network, { normalisation });
    const patchwise = await classify(network, { normalisation, approach: 'patches' });
    expect(whole.runs).toBe(1);
    expect(patchwise.work).toMatchObject({ approach: 'patches', batch: 1 });
    expect(whole.activity?.spikes).toBeGreaterThan(0);
    const reading = ({ activity, runs }: SceneMap, layer: string): number =>
      (activity?.operations.find(({ name }) => name === layer)?.acs ?? Number.NaN) * runs;
    for (const layer of ['conv2', 'fc']) {
      expect(reading(whole, layer)).toBeGreaterThan(0);
      expect(reading(whole, layer)).toBeCloseTo(reading(patchwise, layer), 3);
    }
  });
});

describe('what a model says', () => {
  const graph = hybridSn();
  const saying = (provenance: Record<string, string>): Graph => ({ ...graph, provenance });

  test('is how its input is normalised', async () => {
    const given = { kind: 'minmax', minimum: -100, maximum: 9000 } as const;
    const [said, asked, other] = await Promise.all([
      classifyScene(saying({ normalisation: JSON.stringify(given) }), cube),
      classify(graph, { normalisation: given }),
      classify(graph, { normalisation: 'bands' }),
    ]);
    expect(said.confidence).toEqual(asked.confidence);
    expect(said.confidence).not.toEqual(other.confidence);
    await expect(classifyScene(saying({ normalisation: '{"kind":"minmax"}' }), cube)).rejects.toMatchObject({
      code: 'invalid-model',
    });
  });

  test('is what labels its classes have', async () => {
    const plain = await classify(graph);
    expect(plain.classLabels).toEqual([1, 2, 3, 4]);
    const said = await classify(saying({ sceneLabels: '1,10,11,12' }));
    expect(said.classLabels).toEqual([1, 10, 11, 12]);
    expect(said.labels).toEqual(plain.labels.map((label) => said.classLabels[label - 1] ?? 0));
    const labels = ['class 3', 'class 7', 'class 8', 'class 9'];
    const named = {
      ...graph,
      outputs: graph.outputs.map((port) => ({ ...port, meaning: { kind: 'classes', labels } as const })),
    };
    expect((await classify(named)).classLabels).toEqual([3, 7, 8, 9]);
    expect((await classify(named, { labels: [5, 6, 7, 8] })).classLabels).toEqual([5, 6, 7, 8]);
    await expect(classify(saying({ sceneLabels: '1,2' }))).rejects.toMatchObject({ code: 'invalid-model' });
  });

  test('goes with the bands that are chosen', async () => {
    const more = syntheticScene({ height: 8, width: 8, bands: bands + 3, classes: 4, seed: 3 }).cube;
    const chosen = [0, 1, 2, 4, 5, 7, 9, 10, 11];
    const narrow: Cube = {
      ...more,
      bands,
      data: more.data.filter((_, i) => chosen.includes(i % more.bands)),
    };
    const [picked, cut] = await Promise.all([
      classify(graph, { bands: chosen, normalisation: 'bands' }, more),
      classify(graph, { normalisation: 'bands' }, narrow),
    ]);
    expect(picked.confidence).toEqual(cut.confidence);
  });
});

describe('what cannot be classified', () => {
  const graph = hybridSn();
  const spoilt = (): Cube => {
    const data = Float32Array.from(cube.data);
    data[(2 * cube.width + 5) * bands + 7] = Number.NaN;
    return { ...cube, data };
  };
  const fewer: Cube = { ...cube, bands: bands - 1, data: cube.data.subarray(0, 13 * 11 * (bands - 1)) };
  const even: Graph = {
    ...graph,
    inputs: [{ name: 'patch', type: { dtype: 'f32', shape: [1, 1, bands, 6, 6] } }],
  };

  test.each<[what: string, scene: Cube, options: object, expected: object]>([
    [
      'a sample that is no number',
      spoilt(),
      {},
      { code: 'invalid-input', message: expect.stringContaining('row 2, column 5, band 7') },
    ],
    [
      'another number of bands',
      fewer,
      {},
      { code: 'invalid-input', message: expect.stringContaining(`8 bands, but model 'hybrid-sn' takes 9`) },
    ],
    ['a size that its samples do not have', { ...cube, height: 12 }, {}, { code: 'invalid-input' }],
    [
      'a band that is not there',
      cube,
      { bands: [0, 1, 2, 3, 4, 5, 6, 7, 9] },
      { code: 'invalid-option', where: 'bands' },
    ],
    ['too few labels', cube, { labels: [1, 2] }, { code: 'invalid-option', where: 'labels' }],
    [
      'moments of other bands',
      cube,
      { normalisation: { kind: 'bands', mean: [1], std: [1] } },
      { code: 'invalid-option' },
    ],
    ['no memory', cube, { memoryLimit: 1000 }, { code: 'out-of-memory' }],
    [
      'an option that does not exist',
      cube,
      { memorylimit: 1 },
      { code: 'invalid-option', where: 'memorylimit' },
    ],
    ['an impossible option', cube, { approach: 'tiles' }, { code: 'invalid-option', where: 'approach' }],
  ])('is refused: %s', async (_, scene, options, expected) => {
    await expect(classify(graph, options, scene)).rejects.toMatchObject(expected);
  });

  test('is refused: a graph without patches, or without a middle', async () => {
    await expect(classify(even)).rejects.toThrow(/no middle pixel/);
    const oblong: Graph = {
      ...graph,
      inputs: [{ name: 'patch', type: { dtype: 'f32', shape: [1, 1, 3, 7] } }],
    };
    await expect(classify(oblong)).rejects.toThrow(/expected one square patch/);
  });

  test('ends with the signal, at once or in the middle', async () => {
    await expect(classify(graph, { signal: AbortSignal.abort('no') })).rejects.toBe('no');
    const controller = new AbortController();
    let tiles = 0;
    const stopped = classify(
      graph,
      {
        memoryLimit: little,
        signal: controller.signal,
        onTile() {
          tiles++;
          controller.abort('enough');
        },
      },
      wide,
    );
    await expect(stopped).rejects.toBe('enough');
    expect(tiles).toBe(1);
  });
});
