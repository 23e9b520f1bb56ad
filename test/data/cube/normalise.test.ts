import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Cube, normalisationOf, normalise, patches, spectrum } from '../../../src/data/index.js';

const cubeOf = (height: number, width: number, bands: number, seed = 1): Cube => {
  const data = Int16Array.from(
    { length: height * width * bands },
    (_, i) => (Math.imul(i + seed, 7919) % 400) - 100,
  );
  return { name: 'made', height, width, bands, data };
};

describe('a normalised cube', () => {
  it('has samples from 0 to 1, the whole cube on one scale', () => {
    const cube = { ...cubeOf(1, 2, 2), data: Int16Array.of(-10, 0, 10, 30) };
    expect(normalise(cube, 'minmax').data).toEqual(Float32Array.of(0, 0.25, 0.5, 1));
  });

  it('has mean 0 and deviation 1 in each band', () => {
    const { data } = normalise(cubeOf(9, 7, 3), 'bands');
    for (let band = 0; band < 3; band++) {
      const values = Array.from({ length: 63 }, (_, i) => data[i * 3 + band] ?? 0);
      const mean = values.reduce((a, b) => a + b, 0) / 63;
      expect(mean).toBeCloseTo(0, 6);
      expect(values.reduce((a, b) => a + (b - mean) ** 2, 0) / 63).toBeCloseTo(1, 5);
    }
  });

  it('has zeros in a band that is constant', () => {
    const cube = { ...cubeOf(1, 2, 2), data: Float64Array.of(0.1, 1, 0.1, 3) };
    expect(normalise(cube, 'bands').data).toEqual(Float32Array.of(0, -1, 0, 1));
  });

  it('can be one of another scene of the sensor', () => {
    const minmax = normalisationOf(cubeOf(5, 5, 4), 'minmax');
    const other = { ...cubeOf(2, 2, 4, 99), data: new Int16Array(16).fill(299) };
    expect(new Set(normalise(other, minmax).data).size).toBe(1);
    const bands = normalisationOf(cubeOf(5, 5, 4), 'bands');
    expect(() => normalise(cubeOf(2, 2, 3), bands)).toThrow(
      '4 means and 4 standard deviations do not go with 3 bands',
    );
  });

  it('comes from numbers that differ', () => {
    expect(() => normalise({ ...cubeOf(1, 1, 2), data: new Int16Array(2) }, 'minmax')).toThrow(
      'all samples are 0',
    );
    const nan = { ...cubeOf(1, 1, 2), data: Float32Array.of(0, Number.NaN) };
    expect(() => normalise(nan, 'minmax')).toThrow('made: the sample at row 0, column 0, band 1 is NaN');
    expect(() => normalise({ ...cubeOf(1, 1, 2), bands: 3 }, 'bands')).toThrow(
      '2 samples do not make a cube',
    );
  });
});

describe('a patch', () => {
  it('is what surrounds a pixel, borders mirrored without repeating the edge', () => {
    const data = Uint8Array.from({ length: 12 }, (_, i) => i);
    const cube: Cube = { name: 'rows', height: 3, width: 4, bands: 1, data };
    expect(patches(cube, [5], 3).data).toEqual(Float32Array.of(0, 1, 2, 4, 5, 6, 8, 9, 10));
    expect(patches(cube, [0], 3).data).toEqual(Float32Array.of(5, 4, 5, 1, 0, 1, 5, 4, 5));
    expect(patches(cube, [11], 3).data).toEqual(Float32Array.of(6, 7, 6, 10, 11, 10, 6, 7, 6));
  });

  it('has the bands as depth or as channels, in the same order', () => {
    const cube = cubeOf(4, 5, 3);
    const volume = patches(cube, [7, 0], 3);
    const planes = patches(cube, [7, 0], 3, 'planes');
    expect(volume.shape).toEqual([2, 1, 3, 3, 3]);
    expect(planes.shape).toEqual([2, 3, 3, 3]);
    expect(volume.data).toEqual(planes.data);
    expect([4, 13, 22].map((i) => volume.data[i])).toEqual([...spectrum(cube, 1, 2)]);
  });

  it('agrees with a plain reading of the definition, for any size', () => {
    const side = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(
        side,
        side,
        side,
        fc.constantFrom(1, 3, 5, 7),
        fc.nat(),
        (height, width, bands, size, at) => {
          const cube = cubeOf(height, width, bands);
          const pixel = at % (height * width);
          const mirrored = (index: number, length: number): number => {
            let i = index;
            while (i < 0 || i >= length) i = length === 1 ? 0 : i < 0 ? -i : 2 * (length - 1) - i;
            return i;
          };
          const expected: number[] = [];
          const reach = (size - 1) / 2;
          for (let band = 0; band < bands; band++) {
            for (let y = -reach; y <= reach; y++) {
              for (let x = -reach; x <= reach; x++) {
                const row = mirrored(Math.floor(pixel / width) + y, height);
                const column = mirrored((pixel % width) + x, width);
                expected.push(cube.data[(row * width + column) * bands + band] ?? 0);
              }
            }
          }
          expect([...patches(cube, [pixel], size).data]).toEqual(expected);
        },
      ),
    );
  });

  it('has a middle, and lies in the scene', () => {
    expect(() => patches(cubeOf(4, 4, 2), [0], 4)).toThrow('patch size: 4 is no size of a patch');
    expect(() => patches(cubeOf(4, 4, 2), [16], 3)).toThrow('made: there is no pixel 16 among 4x4');
    expect(() => patches(cubeOf(4, 4, 2), { length: 2 ** 26 }, 3)).toThrow('take fewer at once');
    expect(() => spectrum(cubeOf(4, 4, 2), 4, 0)).toThrow('there is no pixel at row 4, column 0');
  });
});
