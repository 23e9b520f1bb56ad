import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSceneFile } from '../../src/cli/scene-file.js';
import { describeMethods, methods } from '../../src/cli/train/methods.js';
import { findPython, type Python } from '../../src/cli/train/python.js';
import { unpack } from '../../src/format/index.js';
import { temporaryFolder, zipOf } from '../data/archives.js';
import { capture, captureJson } from './capture.js';
import { sceneFolder } from './scene-folder.js';

const tools = fileURLToPath(new URL('../../tools/train', import.meta.url));
const { signal } = new AbortController();
const python: Python | undefined = await findPython(tools, process.env.SPIKELET_PYTHON, signal).catch(
  () => undefined,
);

/** Noise with more of one channel, the class. */
function picture(channel: number, seed: number, side: number): Uint8Array {
  const data = new Uint8Array(side * side * 3);
  data.forEach((_, i) => {
    data[i] = ((i * 37 + seed * 101) % 120) + (i % 3 === channel ? 120 : 0);
  });
  return encode({ width: side, height: side, channels: 3, depth: 8, data });
}

/** A folder with train.zip and test.zip of pictures in three classes. */
function colouredFolder(side: number): string {
  const folder = temporaryFolder();
  for (const [split, count] of [
    ['train', 8],
    ['test', 4],
  ] as const) {
    const files = ['blue', 'green', 'red'].flatMap((name, channel) =>
      Array.from({ length: count }, (_, i) => [`${name}/${i}.png`, picture(2 - channel, i, side)] as const),
    );
    writeFileSync(join(folder, `${split}.zip`), zipOf(Object.fromEntries(files)));
  }
  return folder;
}

const small = ['--width', '0.0625', '--batch', '12', '--threads', '1'];
const data = colouredFolder(8);

interface Layer {
  readonly name: string;
  readonly weightBits?: number;
  readonly density?: number;
  readonly bytes: number;
}

interface Document {
  readonly model: string;
  readonly report: string;
  readonly bytes: number;
  readonly exportedBytes: number;
  readonly evaluation: { readonly images: number; readonly top1: number };
  readonly training: { readonly epochs: number };
  readonly provenance: Readonly<Record<string, string>>;
  readonly layers: readonly Layer[];
}

async function trainModel(
  model: string,
  method: string,
  out: string,
  words: readonly string[],
  from = data,
): Promise<Document> {
  const places = ['--data', from, '--out', out, '--model', model];
  return (await captureJson(['train', method, ...places, ...small, ...words])) as unknown as Document;
}

const train = (method: string, out: string, ...words: readonly string[]): Promise<Document> =>
  trainModel('resnet20', method, out, words);

/** Numbers of the widths among layers with weights. */
const widthsOf = ({ layers }: Document): ReadonlySet<number> =>
  new Set(layers.flatMap(({ weightBits }) => (weightBits === undefined ? [] : [weightBits])));

const weightBytes = ({ layers }: Document): number => layers.reduce((sum, { bytes }) => sum + bytes, 0);

const reason = 'skipped where no Python has PyTorch, NumPy, SciPy and Pillow';

describe.skipIf(!python)(`a tiny training (${reason})`, { timeout: 300_000 }, () => {
  const out = temporaryFolder();
  let first: Document;

  beforeAll(async () => {
    first = await train('bmpq', out, '--epochs', '1', '--ratio', '6');
  }, 300_000);

  it('of BMPQ leaves a model of mixed bits with its accuracy in the engine, and nothing half done', async () => {
    expect(readdirSync(out).sort()).toEqual(['checkpoint.pt', 'log.jsonl', 'model.spikelet', 'report.html']);
    expect(first).toMatchObject({ evaluation: { images: 12 }, training: { epochs: 1 } });
    expect([...widthsOf(first)].every((bits) => [2, 4, 8].includes(bits))).toBe(true);
    expect(readFileSync(first.model)).toHaveLength(first.bytes);
    const again = await captureJson(['eval', first.model, '--data', data]);
    expect(again).toMatchObject({ images: 12, top1: first.evaluation.top1 });
  });

  it('says in the model where it comes from', () => {
    const { provenance = {} } = unpack(readFileSync(first.model));
    expect(provenance).toEqual(first.provenance);
    expect(provenance.accuracy).toMatch(/^\d+\.\d\d % of 12 test images, in spikelet \d/);
    expect(provenance.command).toMatch(/^spikelet train bmpq --data <data> --out <folder> --model resnet20/);
    expect(provenance.tool).toMatch(/spikelet_train .*spikelet \d/);
  });

  it('ends with a report that needs no other file', () => {
    const text = readFileSync(first.report, 'utf8');
    expect(text).toMatch(/^<!doctype html>/);
    expect(text).not.toMatch(/<(script|link|img)\b|\b(src|href)=|https?:|url\(/);
    for (const words of ['Accuracy', 'Loss', 'Learning rate', 'Bits of each layer', 'stages.2.2.conv2'])
      expect(text).toContain(words);
    expect(text).toContain(`spikelet train bmpq --data ${data} --out ${out} --model resnet20`);
    expect(text.match(/NaN|undefined|Infinity/g)).toBeNull();
  });

  it('goes on from its checkpoint, and refuses to with other options', async () => {
    const longer = await train('bmpq', out, '--epochs', '2', '--ratio', '6', '--test-images', '5');
    expect(longer).toMatchObject({ training: { epochs: 2 }, evaluation: { images: 5 } });
    const other = await capture([
      'train',
      'bmpq',
      '--data',
      data,
      '--out',
      out,
      '--model',
      'resnet20',
      ...small,
      '--ratio',
      '7',
    ]);
    expect(other.code).toBe(2);
    expect(other.err).toContain('was trained with ratio = 6.0, now it is 7.0');
  });

  it('of DNR leaves a sparse model of integers', async () => {
    const folder = temporaryFolder();
    const words = ['--epochs', '1', '--density', '0.3', '--attack-steps', '1'];
    const document = await train('dnr', folder, ...words);
    expect(widthsOf(document)).toEqual(new Set([8]));
    const inner = document.layers.filter(({ name }) => name.startsWith('stages.2.2'));
    expect(inner.filter(({ density = 1 }) => density < 0.6).length).toBeGreaterThan(0);
    expect(readFileSync(document.report, 'utf8')).toContain('Density of each layer');
  });

  it('in float leaves a float model, or integers where that is asked for', async () => {
    const folder = temporaryFolder();
    const float = await train('float', folder, '--epochs', '1');
    expect(widthsOf(float)).toEqual(new Set([32]));
    expect(existsSync(join(folder, 'float.spikelet'))).toBe(false);
    const integer = await train('float', folder, '--epochs', '1', '--quantize', 'w4');
    expect(widthsOf(integer)).toEqual(new Set([4, 8]));
    expect(existsSync(join(folder, 'float.spikelet'))).toBe(true);
    expect(weightBytes(integer)).toBeLessThan(weightBytes(float));
  });

  it('of a spiking network starts from a trained one and leaves a model with neurons', async () => {
    const [ann, out] = [temporaryFolder(), temporaryFolder()];
    const large = colouredFolder(32);
    await trainModel('plain-resnet12', 'float', ann, ['--epochs', '1'], large);
    const calibration = ['--calibration-images', '12', '--calibration-steps', '5'];
    const words = ['--epochs', '1', '--weights', join(ann, 'checkpoint.pt'), ...calibration];
    const document = await trainModel('plain-resnet12', 'snn', out, words, large);
    expect(document.evaluation.images).toBe(12);
    expect(unpack(readFileSync(document.model)).nodes.map(({ op }) => op)).toContain('lif');
  });

  it('of a network over a scene is measured on the pixels that the split tests on', async () => {
    const [scene, out] = [sceneFolder({ height: 24, width: 30, bands: 12, classes: 3 }), temporaryFolder()];
    const document = await trainModel('cnn-3d', 'float', out, ['--epochs', '1'], scene);
    const { truth, split } = await readSceneFile(scene);
    expect(split.test.length).toBeGreaterThan(0);
    expect(document.evaluation).toMatchObject({ images: split.test.length });
    expect(document.provenance.accuracy).toMatch(/^\d+\.\d\d % of \d+ test pixels, in spikelet/);
    const files = ['cube.mat', 'labels.mat', 'split.json'].map((name) => join(dirname(scene), name));
    const [cube = '', labels = '', splitPath = ''] = files;
    const words = [document.model, cube, '-o', join(out, 'map.png'), '--truth', labels, '--split', splitPath];
    const { scores } = (await captureJson(['classify-scene', ...words])) as {
      readonly scores: { readonly overall: number };
    };
    expect(scores.overall).toBe(document.evaluation.top1);
    expect(readFileSync(document.report, 'utf8')).toContain(`top-1 of ${split.test.length} test pixels`);
    expect(truth.classNames?.[1]).toBe('corn');
  });

  it.each([
    [['--test-images', '5'], '--test-images counts images'],
    [['--quantize', 'int8'], '--quantize takes its samples from images'],
  ])('over a scene has no option %s, and says so before it begins', async (words, message) => {
    const scene = sceneFolder({ height: 24, width: 30, bands: 12, classes: 3 });
    const out = temporaryFolder();
    const { code, err } = await capture(['train', 'float', '--data', scene, '--out', out, ...words]);
    expect(err).toContain(message);
    expect(code).toBe(2);
    expect(readdirSync(out)).toEqual([]);
  });

  it('has the methods that the command line names', async () => {
    if (!python) return;
    const { methods: theirs } = await describeMethods(python, tools, signal);
    const summaries = Object.entries(theirs).map(([name, { summary }]) => [name, summary]);
    expect(Object.fromEntries(summaries)).toEqual(methods);
  });
});
