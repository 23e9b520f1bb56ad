import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CubeOptions, decodeCube, decodeGroundTruth } from '../../../src/data/index.js';
import { numbers, pixelMajor, type TestScene } from './envi-file.js';
import { tiffOf } from './tiff-file.js';

const small: TestScene = { height: 7, width: 5, bands: 4, value: (r, c, b) => 30 * r + 5 * c + b };
const decode = (bytes: Uint8Array, options?: CubeOptions) => decodeCube(bytes, 'scene.tif', options);

describe('GeoTIFF scenes', () => {
  it('are read from strips and tiles, chunky and planar, in every type and byte order', async () => {
    const form = fc.record({
      type: fc.constantFrom('u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'f32', 'f64'),
      littleEndian: fc.boolean(),
      planar: fc.boolean(),
      block: fc.constantFrom({ rows: 1 }, { rows: 3 }, { rows: 7 }, { tile: 16 }),
      deflated: fc.boolean(),
    });
    const size = fc.tuple(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 6 }),
    );
    await fc.assert(
      fc.asyncProperty(form, size, async (given, [height, width, bands]) => {
        const value = (r: number, c: number, b: number): number => (r + 5 * c + 3 * b) % 127;
        const scene = { height, width, bands, value };
        const cube = await decode(tiffOf(scene, given));
        expect(cube).toMatchObject({ height, width, bands });
        expect(numbers(cube.data)).toEqual(numbers(pixelMajor(scene)));
      }),
      { numRuns: 60 },
    );
  });

  it('of one band are labels', async () => {
    const truth = await decodeGroundTruth(tiffOf({ ...small, bands: 1 }, { type: 'u8' }), 'gt.tif');
    expect(truth).toMatchObject({ height: 7, width: 5 });
    expect(truth.labels[8]).toBe(45);
  });

  it('with gaps need a value for them', async () => {
    const value = (r: number): number => (r === 3 ? -1 : r);
    const gaps = tiffOf({ ...small, value }, { type: 'i16', noData: -1 });
    await expect(decode(gaps)).rejects.toThrow(
      '20 of 140 samples are missing, the first at row 3, column 0, band 0',
    );
    expect(numbers((await decode(gaps, { missing: 0 })).data)).not.toContain(-1);
    const nan = tiffOf({ ...small, value: (r, c) => (r === 6 && c === 4 ? Number.NaN : 1) }, { type: 'f32' });
    await expect(decode(nan)).rejects.toThrow('the first at row 6, column 4, band 0: it is NaN');
  });
});

describe('a damaged GeoTIFF is refused:', () => {
  it('one that is cut off, at whatever byte', async () => {
    for (const deflated of [false, true]) {
      const file = tiffOf(small, { deflated });
      for (let end = 4; end < file.length; end += 9) {
        await expect(decode(file.subarray(0, end))).rejects.toMatchObject({
          code: 'invalid-input',
          where: expect.stringContaining('scene.tif'),
        });
      }
    }
  });

  it.each([
    ['more rows than strips', [257, 4, [70]], /StripOffsets: lists 2 strips with 2 sizes, expected 18/],
    ['a size for memory that nobody has', [257, 4, [2 ** 20 - 1]], /invalid-input|StripOffsets|samples take/],
    ['an absurd width', [256, 4, [2 ** 31]], /claims a size of 7x2147483648x4/],
    [
      'strips outside of the file',
      [273, 4, [8, 4_000_000]],
      /byte \d+: strip 1 of 2 lies at bytes 4000000 to/,
    ],
    ['strips too short', [279, 4, [20, 120]], /strip 0 has 20 bytes, expected 160/],
    ['samples of 12 bits', [258, 3, [12, 12, 12, 12]], /BitsPerSample, SampleFormat: samples of 12 bits/],
    ['samples of different types', [339, 3, [1, 1, 2, 1]], /format 1 and 2/],
    ['a compression that does not exist', [259, 3, [4711]], /scene\.tif/],
    ['no pixels', [256, 4, [0]], /scene\.tif/],
  ] as const)('%s', async (_, entry, message) => {
    await expect(decode(tiffOf(small, {}, [entry]))).rejects.toThrow(message);
    await expect(decode(tiffOf(small, {}, [entry]))).rejects.toMatchObject({ name: 'SpikeletError' });
  });

  it('more than the memory limit', async () => {
    await expect(decode(tiffOf(small), { memoryLimit: 279 })).rejects.toMatchObject({
      code: 'out-of-memory',
    });
    expect((await decode(tiffOf(small), { memoryLimit: 280 })).bands).toBe(4);
  });

  it('nothing but typed errors come from bytes that were changed anywhere', async () => {
    const file = tiffOf(small, { deflated: true, planar: true });
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(255), async (position, value) => {
        const damaged = file.slice();
        damaged[position % damaged.length] = value;
        try {
          await decode(damaged);
        } catch (error) {
          expect(error).toMatchObject({ name: 'SpikeletError' });
        }
      }),
      { numRuns: 150 },
    );
  });
});
