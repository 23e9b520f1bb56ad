import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { classesOf, disjointSplit, formatSplit, randomSplit } from '../../src/data/index.js';
import { readImage } from '../../src/data/node.js';
import { pack } from '../../src/format/index.js';
import { classColour } from '../../src/scenes/index.js';
import { syntheticScene } from '../../tools/bench/scenes/synthetic.js';
import { temporaryFolder } from '../data/archives.js';
import { cnn3d, padded, spiking } from '../scenes/networks.js';
import { nearestSpectrum } from '../scenes/spectral.js';
import { capture, captureJson } from './capture.js';
import { enviFiles, enviLabels } from './envi-scene.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const { cube, truth } = syntheticScene({ height: 30, width: 24, bands: 12, classes: 4, seed: 5 });
const scene = enviFiles(folder, 'scene', cube);
const labels = enviLabels(folder, 'labels', truth);
const model = at('nearest.spikelet');
writeFileSync(model, pack(nearestSpectrum(cube, truth)));
const split = at('split.json');
writeFileSync(split, formatSplit(disjointSplit(truth, { train: 0.4, patch: 3, seed: 1 })));
const map = at('map.png');
const argv = ['classify-scene', model, scene, '-o', map];

interface Scores {
  readonly overall: number;
  readonly average: number;
  readonly kappa: number;
  readonly pixels: number;
}

interface ClassEntry {
  readonly label: number;
  readonly name: string;
  readonly mapped: number;
  readonly known: number;
  readonly accuracy: number;
}

describe('spikelet classify-scene', () => {
  test('draws the map with a legend', async () => {
    const { code, out } = await capture(argv);
    expect(code).toBe(0);
    expect(out).toContain('30x24, 12 bands');
    expect(out).toMatch(/time +[\d.]+ s, \d+ tiles? of \d+x\d+/);
    const picture = readImage(map);
    expect([picture.channels, picture.height]).toEqual([3, 600]);
    expect(picture.width).toBeGreaterThan(480);
    const colours = new Set<string>();
    for (let i = 0; i < picture.data.length; i += 3) colours.add(picture.data.subarray(i, i + 3).join());
    for (const label of classesOf(truth)) expect(colours).toContain(classColour(label).join());
  });

  test('scores it: OA, AA, kappa and each class', async () => {
    const result = await captureJson([...argv, '--truth', labels]);
    const scores = result.scores as Scores;
    const classes = result.classes as readonly ClassEntry[];
    expect(scores.overall).toBeGreaterThan(0.9);
    expect(scores.kappa).toBeGreaterThan(0.85);
    expect(scores.pixels).toBe(truth.labels.filter((label) => label > 0).length);
    expect(classes.map(({ label, name }) => [label, name])).toEqual(
      [1, 2, 3, 4].map((i) => [i, `class ${i}`]),
    );
    expect(classes.reduce((sum, { mapped }) => sum + mapped, 0)).toBe(30 * 24);
    const mean = classes.reduce((sum, { accuracy }) => sum + accuracy, 0) / 4;
    expect(scores.average).toBeCloseTo(mean, 9);
    const right = classes.reduce((sum, { accuracy, known }) => sum + accuracy * known, 0);
    expect(scores.overall).toBeCloseTo(right / scores.pixels, 9);
  });

  test('says that pixels may have been trained on, unless a split tells which', async () => {
    const all = await capture([...argv, '--truth', labels]);
    expect(all.out).toMatch(/OA +9\d\.\d\d % of \d+ pixels/);
    expect(all.err).toContain('also those that the model was trained on');
    const part = await capture([...argv, '--truth', labels, '--split', split]);
    expect(part.err).toBe('');
    const leaking = at('random.json');
    writeFileSync(leaking, formatSplit(randomSplit(truth, { train: 0.4, patch: 3 })));
    expect((await capture([...argv, '--truth', labels, '--split', leaking])).err).toContain(
      'this random split leaks',
    );
  });

  test('writes labels and shares of belief pixel by pixel', async () => {
    const [sure, values] = [at('sure.png'), at('values.png')];
    await capture([...argv, '--confidence', sure, '--label-image', values, '--class-labels', '7,8,9,10']);
    const shares = readImage(sure);
    expect([shares.width, shares.height, shares.channels]).toEqual([24, 30, 1]);
    expect(new Set(shares.data).size).toBeGreaterThan(10);
    expect(new Set(readImage(values).data)).toEqual(new Set([7, 8, 9, 10]));
  });

  test('takes bands of a wider cube and a range of samples', async () => {
    const plain = at('plain.png');
    const wide = { ...cube, bands: 24, data: new Int16Array(cube.data.length * 2) };
    cube.data.forEach((sample, i) => {
      wide.data[2 * i - (i % 12)] = sample;
    });
    const path = enviFiles(folder, 'wide', wide);
    await capture([...argv, '--label-image', plain]);
    const chosen = at('chosen.png');
    const options = ['--bands', '0-10,11', '--label-image', chosen];
    const { code } = await capture(['classify-scene', model, path, '-o', map, ...options]);
    expect(code).toBe(0);
    expect(readImage(chosen).data).toEqual(readImage(plain).data);
    const ranged = await capture([...argv, '--range', '0,1', '--label-image', chosen]);
    expect(ranged.code).toBe(0);
    expect(readImage(chosen).data).not.toEqual(readImage(plain).data);
  });

  test('falls back to patches and says why', async () => {
    const nine = syntheticScene({ height: 12, width: 10, bands: 9, classes: 4 });
    const path = enviFiles(folder, 'nine', nine.cube);
    writeFileSync(at('padded.spikelet'), pack(padded()));
    const { code, out } = await capture(['classify-scene', at('padded.spikelet'), path, '-o', map]);
    expect(code).toBe(0);
    expect(out).toMatch(/patch by patch, 64 a run: node 'conv1' \(conv\): pads the border/);
    const tiles = ['--approach', 'convolutional'];
    const refused = await capture(['classify-scene', at('padded.spikelet'), path, '-o', map, ...tiles]);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("node 'conv1' (conv)") });
  });

  test('draws progress for a person, and keeps to a memory limit', async () => {
    const { err } = await capture(argv, { isTTY: true });
    expect(err).toContain('classifying');
    const big = syntheticScene({ height: 200, width: 180, bands: 12, classes: 4, seed: 5 });
    const path = enviFiles(folder, 'big', big.cube);
    const { memoryBytes, runs } = await captureJson([
      ...['classify-scene', model, path, '-o', map, '--memory-limit', '1'],
    ]);
    expect(memoryBytes).toBeLessThanOrEqual(1e6);
    expect(runs).toBeGreaterThan(1);
  });

  test('counts spikes and energy beside the network without spikes', async () => {
    const nine = syntheticScene({ height: 8, width: 9, bands: 9, classes: 4 });
    const path = enviFiles(folder, 'spiking', nine.cube);
    writeFileSync(at('spiking.spikelet'), pack(await spiking(cnn3d(), 6)));
    const command = ['classify-scene', at('spiking.spikelet'), path, '-o', map];
    const { spikes, energy } = await captureJson([...command, '--energy', 'int32', '--energy', '6-bit']);
    expect(spikes).toBeGreaterThan(0);
    expect(energy).toHaveLength(2);
    const [first] = energy as readonly { pair: string; spiking: number; ann: number; ratio: number }[];
    expect(first?.pair).toBe('INT32 (MAC 3.2 pJ, AC 0.1 pJ)');
    expect(first?.ratio).toBeCloseTo((first?.ann ?? 0) / (first?.spiking ?? 1), 9);
    const { out } = await capture(command);
    expect(out).toMatch(/spikes +[\d,]+\n/);
    expect(out).toMatch(/energy +\S+ mJ, without spikes \S+ mJ: [\d.]+ times, by FP32/);
  });

  test('stops at a signal and leaves no picture', async () => {
    const before = readFileSync(map);
    const { code } = await capture(argv, { signal: AbortSignal.abort() });
    expect(code).toBe(130);
    expect(readFileSync(map)).toEqual(before);
  });
});

describe('spikelet classify-scene refuses', () => {
  const spoilt = Float32Array.from(cube.data);
  spoilt[(3 * 24 + 7) * 12 + 2] = Number.NaN;
  const nan = enviFiles(folder, 'nan', { ...cube, data: spoilt });
  const narrow = enviFiles(folder, 'narrow', {
    ...cube,
    bands: 11,
    data: cube.data.filter((_: number, i: number) => i % 12 < 11),
  });
  const smaller = enviLabels(folder, 'smaller', {
    ...truth,
    height: 29,
    labels: truth.labels.subarray(0, 29 * 24),
  });
  writeFileSync(at('short.hdr'), readFileSync(at('scene.hdr'), 'utf8').replace('bands = 12', 'bands = 13'));
  writeFileSync(at('short.img'), readFileSync(at('scene.img')));

  const command = (path: string, ...more: readonly string[]): readonly string[] => [
    ...['classify-scene', model, path, '-o', map],
    ...more,
  ];

  test.each<[what: string, argv: readonly string[], code: number, message: RegExp]>([
    ['no output', ['classify-scene', model, scene], 2, /needs --output <map.png>/],
    ['no cube', ['classify-scene', model, '-o', map], 2, /needs <cube>/],
    ['a cube that is not there', command(at('nothing.mat')), 1, /nothing\.mat: there is no such file/],
    [
      'a folder that is not there',
      ['classify-scene', model, scene, '-o', at('no/map.png')],
      1,
      /there is no folder/,
    ],
    ['samples that are no numbers', command(nan), 1, /first at row 3, column 7, band 2.*--missing/],
    [
      'a value for them that is no number',
      command(nan, '--missing', '0,1'),
      2,
      /--missing must be one number/,
    ],
    [
      'missing bands',
      command(narrow),
      1,
      /has 11 bands, but model 'nearest' takes 12: choose them with --bands/,
    ],
    [
      'bands that are not there',
      command(scene, '--bands', '1-12'),
      2,
      /--bands: there is no band 12 among 12/,
    ],
    ['bands that are none', command(scene, '--bands', '3-1'), 2, /--bands must look like 0-9,12/],
    ['a header of another size', command(at('short.hdr')), 1, /short\.(hdr|img)/],
    ['labels of another size', command(scene, '--truth', smaller), 1, /29x24 pixels, but .* has 30x24/],
    ['a split without labels', command(scene, '--split', split), 2, /give --truth too/],
    [
      'too few labels of classes',
      command(scene, '--class-labels', '1,2'),
      2,
      /--class-labels: 2 labels do not go/,
    ],
    ['a range that is none', command(scene, '--range', '5,1'), 2, /--range must be two numbers/],
    ['an unknown way', command(scene, '--approach', 'tiles'), 2, /--approach cannot be 'tiles'/],
    ['a model that is none', ['classify-scene', scene, scene, '-o', map], 1, /scene\.hdr/],
  ])('%s', async (_, given, code, message) => {
    const result = await capture(given);
    expect(result.err).toMatch(message);
    expect(result).toMatchObject({ code, out: '' });
  });

  test('takes a value for missing samples', async () => {
    expect((await capture(command(nan, '--missing', '0'))).code).toBe(0);
  });
});
