import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CubeOptions, decodeCube, decodeGroundTruth } from '../../../src/data/index.js';
import { concatenated } from '../archives.js';
import { numbers, pixelMajor, type TestScene } from './envi-file.js';
import {
  arrayOf,
  compressedOf,
  type Hdf5Options,
  labelsOf,
  matlab5Of,
  matlab73Of,
  matlabClasses,
  matrixOf,
} from './matlab-file.js';

const small: TestScene = { height: 3, width: 4, bands: 5, value: (r, c, b) => 20 * r + 4 * c + b };
const labels: TestScene = { height: 3, width: 4, bands: 1, value: (r, c) => r * 4 + c };
const decode = (bytes: Uint8Array, options?: CubeOptions) => decodeCube(bytes, 'scene.mat', options);

describe('MATLAB files of version 5', () => {
  it('give a scene in every stored type and byte order, compressed or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'f32', 'f64', 'u64', 'i64'),
        fc.boolean(),
        fc.boolean(),
        fc.tuple(
          fc.integer({ min: 1, max: 5 }),
          fc.integer({ min: 1, max: 5 }),
          fc.integer({ min: 1, max: 5 }),
        ),
        async (stored, little, packed, [height, width, bands]) => {
          const scene = { ...small, height, width, bands };
          const matrix = matrixOf(arrayOf('cube', scene, stored), little);
          const file = matlab5Of([packed ? compressedOf(matrix, little) : matrix], { little });
          const cube = await decode(file);
          expect(cube).toMatchObject({ name: 'scene.mat', height, width, bands });
          expect(numbers(cube.data)).toEqual(numbers(pixelMajor(scene)));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('give the only scene among other variables, or the named one', async () => {
    const other = { ...small, value: () => 9 };
    const text = matrixOf({
      name: 'note',
      dimensions: [1, 2],
      values: [72, 105],
      stored: 'u16',
      class: matlabClasses.char,
    });
    const one = matlab5Of([text, matrixOf(labelsOf('map', labels)), matrixOf(arrayOf('cube', small))]);
    expect((await decode(one)).data[1]).toBe(1);
    const two = matlab5Of([
      compressedOf(matrixOf(arrayOf('first', other))),
      matrixOf(arrayOf('second', small)),
    ]);
    expect(numbers((await decode(two, { variable: 'second' })).data)).toEqual(numbers(pixelMajor(small)));
    await expect(decode(two)).rejects.toThrow(
      'holds 2 arrays in 3 dimensions, but first (3x4x5 double), second (3x4x5 double); name one as `variable`',
    );
    await expect(decode(two, { variable: 'third' })).rejects.toMatchObject({ code: 'not-found' });
    await expect(decode(one, { variable: 'map' })).rejects.toThrow(
      "variable 'map': is map (3x4 double), expected real numbers in 3 dimensions",
    );
    await expect(decode(matlab5Of([text]))).rejects.toThrow('holds no array of real numbers');
    await expect(decode(matlab5Of([]))).rejects.toThrow('no variables');
  });

  it('give labels', async () => {
    for (const stored of ['u8', 'f64', 'i64'] as const) {
      const truth = await decodeGroundTruth(matlab5Of([matrixOf(labelsOf('gt', labels, stored))]), 'gt.mat');
      expect(truth.labels).toEqual(Uint8Array.from({ length: 12 }, (_, i) => i));
    }
  });

  it('with complex numbers are no scenes', async () => {
    const complex = matrixOf({ ...arrayOf('cube', small, 'f64'), isComplex: true });
    await expect(decode(matlab5Of([complex]))).rejects.toThrow('cube (3x4x5 complex double)');
  });

  it('with NaN name the sample', async () => {
    const scene = {
      ...small,
      value: (r: number, c: number, b: number) => (r === 2 && c === 0 && b === 4 ? Number.NaN : 1),
    };
    await expect(decode(matlab5Of([matrixOf(arrayOf('cube', scene, 'f64'))]))).rejects.toThrow(
      /scene\.mat: 1 of 60 samples are missing, the first at row 2, column 0, band 4/,
    );
  });
});

describe('a damaged MATLAB file of version 5 is refused:', () => {
  const plain = matlab5Of([matrixOf(arrayOf('cube', small))]);
  const packed = matlab5Of([compressedOf(matrixOf(arrayOf('cube', small)))]);

  it('one that is cut off, at whatever byte', async () => {
    for (const file of [plain, packed]) {
      for (let end = 129; end < file.length; end += 7) {
        await expect(decode(file.subarray(0, end))).rejects.toMatchObject({
          code: 'invalid-input',
          where: expect.stringMatching(/^scene\.mat: byte \d+/),
        });
      }
    }
  });

  it('compressed data that is damaged', async () => {
    const damaged = packed.slice();
    damaged.fill(0xff, 160, 180);
    await expect(decode(damaged)).rejects.toThrow(
      'scene.mat: byte 128: the compressed data is damaged or cut off',
    );
  });

  it('sizes that do not go with the numbers, or with memory', async () => {
    const sized = (dimensions: readonly number[]): Uint8Array =>
      matlab5Of([matrixOf({ ...arrayOf('cube', small), dimensions })]);
    await expect(decode(sized([3, 4, 6]))).rejects.toThrow(
      /byte 184: 120 bytes of i16 for 3x4x6 numbers, expected 144/,
    );
    await expect(decode(sized([3, -4, 5]))).rejects.toThrow('claims a size of 3x-4x5');
    await expect(decode(sized([1 << 20, 1 << 20, 1 << 20]))).rejects.toMatchObject({ code: 'out-of-memory' });
    await expect(decode(sized([0, 4, 5]))).rejects.toThrow('claims a size');
  });

  it('compressed data that unpacks to more than it may', async () => {
    const zeros = { ...small, height: 200, width: 200, bands: 40, value: () => 0 };
    const bomb = matlab5Of([compressedOf(matrixOf(arrayOf('cube', zeros, 'f64')))]);
    expect(bomb.length).toBeLessThan(20_000);
    await expect(decode(bomb, { memoryLimit: 2_000_000 })).rejects.toMatchObject({ code: 'out-of-memory' });
  });

  it('tags that make no sense', async () => {
    const odd = matlab5Of([concatenated(Uint8Array.of(99, 0, 0, 0, 8, 0, 0, 0), new Uint8Array(8))]);
    await expect(decode(odd)).rejects.toThrow('byte 128: expected a variable, got an element of type 99');
    const oversized = plain.slice();
    new DataView(oversized.buffer).setUint32(132, 0xffffffff, true);
    await expect(decode(oversized)).rejects.toThrow(
      /byte 128: a variable of 4294967295 bytes reaches beyond the end/,
    );
  });

  it('nothing but typed errors come from bytes that were changed anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.nat(), fc.nat(255), async (isPacked, position, value) => {
        const file = (isPacked ? packed : plain).slice();
        file[128 + (position % (file.length - 128))] = value;
        try {
          expect((await decode(file)).data.length).toBe(60);
        } catch (error) {
          expect(error).toMatchObject({ name: 'SpikeletError' });
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('MATLAB files of version 7.3', () => {
  it.each<[string, Hdf5Options]>([
    ['whole', {}],
    ['in chunks', { chunks: [2, 2, 2] }],
    ['in compressed chunks', { chunks: [5, 4, 3], compression: 4 }],
    ['of singles', { type: '<f' }],
    ['of doubles', { type: '<d', chunks: [1, 4, 3], compression: 1 }],
  ])('give a scene, %s', async (_, options) => {
    const cube = await decode(await matlab73Of({ cube: small }, options));
    expect(cube).toMatchObject({ height: 3, width: 4, bands: 5 });
    expect(numbers(cube.data)).toEqual(numbers(pixelMajor(small)));
  });

  it('of other programs have their dimensions in order', async () => {
    const cube = await decode(await matlab73Of({ cube: small }, { isMatlab: false }));
    expect(cube).toMatchObject({ height: 3, width: 4, bands: 5 });
    expect(numbers(cube.data)).toEqual(numbers(pixelMajor(small)));
  });

  it('give labels, and the variable that is named', async () => {
    const file = await matlab73Of({ cube: small, gt: labels, twin: small });
    const truth = await decodeGroundTruth(file, 'gt.mat');
    expect(truth).toMatchObject({ height: 3, width: 4 });
    expect(truth.labels).toEqual(Uint8Array.from({ length: 12 }, (_, i) => i));
    await expect(decode(file)).rejects.toThrow('holds 2 arrays in 3 dimensions');
    expect((await decode(file, { variable: 'twin' })).bands).toBe(5);
    await expect(decode(file, { memoryLimit: 100, variable: 'twin' })).rejects.toMatchObject({
      code: 'out-of-memory',
    });
  });

  it('that are cut off or damaged give typed errors', async () => {
    const file = await matlab73Of({ cube: small }, { chunks: [5, 4, 3], compression: 4 });
    for (let end = 520; end < file.length; end += 211) {
      const result = decode(file.subarray(0, end)).then(
        ({ data }) => numbers(data),
        (error: unknown) => error,
      );
      const got = await result;
      if (Array.isArray(got)) expect(got).toEqual(numbers(pixelMajor(small)));
      else expect(got).toMatchObject({ name: 'SpikeletError', where: expect.stringContaining('scene.mat') });
    }
    await expect(decode(file.subarray(0, 600))).rejects.toMatchObject({ code: 'invalid-input' });
  });

  it('with bytes that were changed anywhere give typed errors at worst', async () => {
    const files = [
      await matlab73Of({ cube: small }, { chunks: [5, 4, 3], compression: 4 }),
      await matlab73Of({ cube: small }),
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), fc.nat(), fc.nat(255), async (file, position, value) => {
        const damaged = file.slice();
        damaged[512 + (position % (file.length - 512))] = value;
        try {
          expect((await decode(damaged)).name).toBe('scene.mat');
        } catch (error) {
          expect(error).toMatchObject({ name: 'SpikeletError' });
        }
      }),
      { numRuns: 200 },
    );
  });

  it('with chunks of absurd size are refused at once', async () => {
    const file = await matlab73Of({ cube: small }, { chunks: [5, 4, 3] });
    // The sides of a chunk lie behind its address as five numbers of 4 bytes: 5, 4, 3 and the bytes of a sample.
    const at = file.findIndex((_, i) => [5, 4, 3, 2].every((side, k) => file[i + 4 * k] === side));
    expect(at).toBeGreaterThan(512);
    file[at + 3] = 0x7f;
    await expect(decode(file)).rejects.toThrow(
      "scene.mat: variable 'cube': chunks of 2130706437x4x3 for 60 numbers",
    );
  });
});

describe('a file of another kind', () => {
  it('is refused with what would do', async () => {
    await expect(decode(new Uint8Array(300))).rejects.toThrow(
      'scene.mat: byte 0: is no MATLAB file of version 5 or 7.3, no GeoTIFF, and comes without an ENVI header',
    );
    await expect(decode(new TextEncoder().encode('ENVI\nbands = 3\n'))).rejects.toThrow('is an ENVI header');
    await expect(decode(new Uint8Array())).rejects.toMatchObject({ code: 'unsupported' });
  });
});
