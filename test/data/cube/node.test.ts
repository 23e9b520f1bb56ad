import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  classesOf,
  decodeCube,
  disjointSplit,
  normalise,
  overlapOf,
  spectrum,
  splitWarnings,
} from '../../../src/data/index.js';
import { readCube, readGroundTruth } from '../../../src/data/node.js';
import { temporaryFolder } from '../archives.js';
import { enviOf, numbers, pixelMajor, type TestScene } from './envi-file.js';
import { arrayOf, matlab5Of, matlab73Of, matrixOf } from './matlab-file.js';
import { tiffOf } from './tiff-file.js';

const small: TestScene = { height: 3, width: 4, bands: 5, value: (r, c, b) => 20 * r + 4 * c + b };
const samples = numbers(pixelMajor(small));

function folderOf(files: Readonly<Record<string, Uint8Array>>): string {
  const folder = temporaryFolder();
  for (const [path, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  return folder;
}

describe('a scene in a file', () => {
  const { header, data } = enviOf(small);

  it.each([
    'scene',
    'scene.img',
    'scene.dat',
    'scene.raw',
    'scene.bsq',
    'scene.IMG',
    'flight.7.img',
  ])('of ENVI is found as %s by its header, and its header by it', async (name) => {
    const beside = `${name.replace(/\.[^.]*$/, '')}.hdr`;
    const folder = folderOf({ [name]: data, [beside]: header });
    for (const given of [name, beside]) {
      const cube = await readCube(join(folder, given));
      expect(cube.name).toBe(join(folder, name));
      expect(numbers(cube.data)).toEqual(samples);
    }
  });

  it('of ENVI may have its header behind its whole name', async () => {
    const folder = folderOf({ 'scene.img': data, 'scene.img.hdr': header });
    expect(numbers((await readCube(join(folder, 'scene.img'))).data)).toEqual(samples);
    expect(numbers((await readCube(join(folder, 'scene.img.hdr'))).data)).toEqual(samples);
  });

  it.each([
    ['MATLAB 5', async () => matlab5Of([matrixOf(arrayOf('cube', small))])],
    ['MATLAB 7.3', async () => matlab73Of({ cube: small })],
    ['GeoTIFF', async () => tiffOf(small)],
  ])('of %s is recognised by its content', async (_, make) => {
    const folder = folderOf({ 'scene.dat': await make() });
    expect(numbers((await readCube(join(folder, 'scene.dat'))).data)).toEqual(samples);
  });

  it('that is not there, or has no companion, is named with what was looked for', async () => {
    const folder = folderOf({ 'lonely.hdr': header, 'alone.img': data });
    await expect(readCube(join(folder, 'none.mat'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(readCube(folder)).rejects.toMatchObject({ code: 'not-found' });
    await expect(readCube(join(folder, 'lonely.hdr'))).rejects.toThrow(
      /no data file.*lonely\.img, .*lonely\.bip/,
    );
    await expect(readCube(join(folder, 'alone.img'))).rejects.toThrow('comes without an ENVI header');
    const huge = readCube(join(folder, 'alone.img'), { memoryLimit: -(2 ** 24) + 10 });
    await expect(huge).rejects.toMatchObject({ code: 'out-of-memory' });
  });
});

const real = fileURLToPath(new URL('../../../../shared/data/hsi', import.meta.url));
const isThere = existsSync(real);

describe.skipIf(!isThere)(
  `SalinasA${isThere ? '' : ' (skipped: ../shared/data/hsi is not there; it is no part of the package)'}`,
  () => {
    it('has its shape, its labels and spectra that can be split', async () => {
      const cube = await readCube(join(real, 'SalinasA_corrected.mat'));
      const truth = await readGroundTruth(join(real, 'SalinasA_gt.mat'));
      expect(cube).toMatchObject({ height: 83, width: 86, bands: 204 });
      expect(cube.data).toBeInstanceOf(Int16Array);
      expect(truth).toMatchObject({ height: 83, width: 86 });
      expect(classesOf(truth)).toEqual([1, 10, 11, 12, 13, 14]);
      expect(truth.labels.filter((label) => label > 0).length).toBe(4281);
      // As another reader of the format gives them.
      expect([...spectrum(cube, 0, 0).slice(0, 4), ...spectrum(cube, 82, 85).slice(-2)]).toEqual([
        376, 481, 665, 1086, 19, 41,
      ]);

      const { data } = normalise(cube, 'minmax');
      expect([data.reduce((a, b) => Math.min(a, b)), data.reduce((a, b) => Math.max(a, b))]).toEqual([0, 1]);
      const split = disjointSplit(truth, { train: 0.4, patch: 5, seed: 0 });
      expect(overlapOf(split)).toBe(0);
      expect(splitWarnings(split, truth)).toEqual([]);
      expect(split.train.length + split.test.length).toBeGreaterThan(2000);
    });

    it('looks like a scene in its own interleave and byte order only', async () => {
      const cube = await readCube(join(real, 'SalinasA_corrected.mat'));
      const value = (r: number, c: number, b: number): number => spectrum(cube, r, c)[b] ?? 0;
      const forms = (['bsq', 'bil', 'bip'] as const).flatMap((interleave) =>
        [true, false].map((littleEndian) => ({ interleave, littleEndian })),
      );
      const files = forms.map((form) => enviOf({ height: 40, width: 44, bands: 204, value }, form));
      for (const [i, { data }] of files.entries()) {
        for (const [j, { header }] of files.entries()) {
          const result = decodeCube(data, 'scene', { header: { name: 'scene.hdr', bytes: header } });
          if (i === j) await expect(result).resolves.toMatchObject({ bands: 204 });
          else await expect(result).rejects.toThrow('look like noise');
        }
      }
    }, 120_000);
  },
);
