import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  classesOf,
  disjointSplit,
  formatSplit,
  type GroundTruth,
  overlapOf,
  type PixelSplit,
  parseSplit,
  randomSplit,
  splitWarnings,
} from '../../../src/data/index.js';
import { publicShapes, syntheticScene } from '../../../tools/bench/scenes/synthetic.js';

/** A small scene with fields of classes. */
const fields = (seed: number, height = 60, width = 50, classes = 5): GroundTruth =>
  syntheticScene({ height, width, bands: 1, classes, seed }).truth;

const labelOf = (truth: GroundTruth, pixel: number): number => truth.labels[pixel] ?? 0;
const countOf = (truth: GroundTruth, pixels: Uint32Array, label: number): number =>
  pixels.filter((pixel) => labelOf(truth, pixel) === label).length;

function expectSound(split: PixelSplit, truth: GroundTruth): void {
  const all = [...split.train, ...split.test];
  expect(new Set(all).size).toBe(all.length);
  expect(all.filter((pixel) => labelOf(truth, pixel) === 0)).toEqual([]);
  for (const side of [split.train, split.test]) expect([...side]).toEqual([...side].sort((a, b) => a - b));
}

/** Whether any two patches of the sides have a pixel in common, looked at one by one. */
function patchesMeet({ width, patch, train, test }: PixelSplit): boolean {
  return test.some((a) =>
    train.some((b) => {
      const rows = Math.abs(Math.floor(a / width) - Math.floor(b / width));
      return rows < patch && Math.abs((a % width) - (b % width)) < patch;
    }),
  );
}

describe('a random split', () => {
  it('takes its share of every class, all pixels in use', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.double({ min: 0.05, max: 0.95, noNaN: true }), (seed, train) => {
        const truth = fields(seed % 7);
        const split = randomSplit(truth, { train, patch: 3, seed });
        expectSound(split, truth);
        for (const label of classesOf(truth)) {
          const [a, b] = [countOf(truth, split.train, label), countOf(truth, split.test, label)];
          expect(a + b).toBe(truth.labels.filter((other) => other === label).length);
          expect(Math.abs(a - train * (a + b))).toBeLessThanOrEqual(1);
          expect(Math.min(a, b)).toBeGreaterThan(0);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('depends on its seed alone', () => {
    const truth = fields(1);
    const split = (seed?: number) =>
      randomSplit(truth, { train: 0.3, patch: 5, ...(seed !== undefined && { seed }) });
    expect(split(4)).toEqual(split(4));
    expect(split()).toEqual(split(0));
    expect(split(4).train).not.toEqual(split(5).train);
  });

  it('warns that it leaks, with the share of the patches', () => {
    const truth = fields(2);
    const split = randomSplit(truth, { train: 0.4, patch: 5 });
    const { train, test, width, patch } = split;
    const leaking = test.filter((pixel) => patchesMeet({ ...split, test: Uint32Array.of(pixel) })).length;
    expect(overlapOf(split)).toBeCloseTo(leaking / test.length, 12);
    expect(splitWarnings(split, truth)).toEqual([
      `warning: this random split leaks: ${((100 * leaking) / test.length).toFixed(1)} % of the 5x5 test patches overlap ` +
        'training patches, so accuracies are too good; report a spatially disjoint split beside it',
    ]);
    expect(train.length + test.length + width + patch).toBeGreaterThan(0);
  });

  it('gives a class of one pixel to the training, and says so', () => {
    const labels = Uint8Array.of(1, 1, 1, 1, 0, 2, 0, 0);
    const truth: GroundTruth = {
      name: 'tiny',
      height: 2,
      width: 4,
      labels,
      classNames: ['', 'corn', 'oats'],
    };
    const split = randomSplit(truth, { train: 0.5, patch: 1 });
    expect(countOf(truth, split.train, 2)).toBe(1);
    expect(splitWarnings(split, truth)).toEqual(['warning: no pixels to test on of oats']);
  });
});

describe('a disjoint split', () => {
  it('has no test patch that overlaps a training patch', () => {
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.constantFrom(1, 3, 5, 7),
        fc.integer({ min: 25, max: 60 }),
        (seed, patch, width) => {
          const truth = fields(seed, 40, width, 3);
          const split = disjointSplit(truth, { train: 0.4, patch, seed });
          expectSound(split, truth);
          expect(patchesMeet(split)).toBe(false);
          expect(overlapOf(split)).toBe(0);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('has every class on both sides, near the share that was asked for', () => {
    for (const seed of [0, 1, 2]) {
      const truth = fields(seed, 100, 120, 6);
      const split = disjointSplit(truth, { train: 0.4, patch: 5, seed });
      expect(splitWarnings(split, truth)).toEqual([]);
      const share = split.train.length / (split.train.length + split.test.length);
      expect(share).toBeGreaterThan(0.3);
      expect(share).toBeLessThan(0.5);
      const labelled = truth.labels.filter((label) => label > 0).length;
      expect(split.train.length + split.test.length).toBeGreaterThan(labelled / 2);
    }
  });

  it('depends on its seed alone', () => {
    const truth = fields(3);
    const split = (seed: number) => disjointSplit(truth, { train: 0.4, patch: 3, seed });
    expect(split(1)).toEqual(split(1));
    expect(split(1).train).not.toEqual(split(2).train);
  });

  it('names the class that lies on one side only', () => {
    const labels = Uint8Array.from({ length: 30 * 30 }, (_, i) => (i === 0 ? 2 : 1));
    const truth: GroundTruth = { name: 'spot', height: 30, width: 30, labels };
    const split = disjointSplit(truth, { train: 0.5, patch: 3 });
    expect(splitWarnings(split, truth)).toEqual([
      expect.stringMatching(/^warning: no pixels to .* of class 2$/),
    ]);
  });

  it('is refused where there is no room for one', () => {
    const truth: GroundTruth = { name: 'tiny', height: 3, width: 3, labels: new Uint8Array(9).fill(1) };
    expect(() => disjointSplit(truth, { train: 0.5, patch: 5 })).toThrow('tiny: 3x3 pixels cannot be split');
    expect(() => disjointSplit(fields(1), { train: 0.5, patch: 5, block: 4 })).toThrow('block: 4 is no size');
  });
});

describe('any split', () => {
  it('refuses impossible options', () => {
    const truth = fields(1);
    for (const train of [0, 1, -1, Number.NaN]) {
      expect(() => randomSplit(truth, { train, patch: 3 })).toThrow('is no share');
      expect(() => disjointSplit(truth, { train, patch: 3 })).toThrow('is no share');
    }
    expect(() => randomSplit(truth, { train: 0.5, patch: 4 })).toThrow('4 is no size of a patch');
    const none = { ...truth, labels: new Uint8Array(truth.labels.length) };
    expect(() => randomSplit(none, { train: 0.5, patch: 3 })).toThrow('no pixel is labelled');
  });

  it('is read back from its file as it was', () => {
    const truth = fields(1);
    for (const split of [
      randomSplit(truth, { train: 0.4, patch: 5, seed: 3 }),
      disjointSplit(truth, { train: 0.4, patch: 5, seed: 3 }),
    ]) {
      expect(parseSplit(formatSplit(split), 'a.json')).toEqual(split);
    }
  });

  it.each([
    ['{', 'a.json: is no JSON'],
    ['[1]', 'a.json: is no JSON object'],
    ['{"format": "x"}', "field 'format': expected 'spikelet-split'"],
  ])('is not read from %s', (text, message) => {
    expect(() => parseSplit(text, 'a.json')).toThrow(message);
  });

  it.each([
    [{ version: 2 }, "field 'version': is 2, expected 1"],
    [{ kind: 'odd' }, "field 'kind'"],
    [{ height: 0 }, "field 'height': expected a whole number from 1 on"],
    [{ width: 1e9 }, 'is no size of a scene'],
    [{ train: 5 }, "field 'train': expected a list"],
    [{ train: [0, 99] }, "field 'train': entry 1 is no pixel of 0 to 5"],
    [{ train: [0, -1] }, 'entry 1 is no pixel'],
    [{ train: [0, '1'] }, 'entry 1 is no pixel'],
    [{ test: [2, 0] }, "field 'test': pixel 0 is listed twice"],
  ])('is not read with %o', (change, message) => {
    const good = {
      format: 'spikelet-split',
      version: 1,
      kind: 'random',
      height: 2,
      width: 3,
      patch: 1,
      seed: 0,
    };
    const text = JSON.stringify({ ...good, train: [0, 1], test: [2], ...change });
    expect(() => parseSplit(text, 'a.json')).toThrow(message);
  });
});

describe('a synthetic scene', () => {
  it.each(Object.entries(publicShapes))(
    'has the shape of %s and all its classes',
    (_, shape) => {
      const { cube, truth } = syntheticScene({ ...shape, seed: 2 });
      expect(cube.data.length).toBe(shape.height * shape.width * shape.bands);
      expect(classesOf(truth)).toEqual(Array.from({ length: shape.classes }, (_, i) => i + 1));
      const { data } = cube;
      let [least, greatest] = [0, 0];
      for (let i = 0; i < data.length; i++) {
        least = Math.min(least, data[i] ?? 0);
        greatest = Math.max(greatest, data[i] ?? 0);
      }
      expect(least).toBeGreaterThan(-2000);
      expect(greatest).toBeLessThan(12000);
    },
    120_000,
  );

  it('depends on its seed alone, and its classes can be told apart by their spectra', () => {
    const make = (seed: number) => syntheticScene({ height: 30, width: 40, bands: 50, classes: 4, seed });
    expect(make(1)).toEqual(make(1));
    expect(make(1).cube.data).not.toEqual(make(2).cube.data);
    const { cube, truth } = make(1);
    const means = new Map<number, Float64Array>();
    truth.labels.forEach((label, i) => {
      const mean = means.get(label) ?? new Float64Array(50);
      for (let band = 0; band < 50; band++) mean[band] = (mean[band] ?? 0) + (cube.data[i * 50 + band] ?? 0);
      means.set(label, mean);
    });
    const angle = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
      const dot = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
        Array.from(x).reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
      return Math.acos(Math.min(1, dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))));
    };
    let correct = 0;
    let labelled = 0;
    truth.labels.forEach((label, i) => {
      if (label === 0) return;
      const own = cube.data.subarray(i * 50, i * 50 + 50);
      const order = [...classesOf(truth)].sort(
        (a, b) => angle(own, means.get(a) ?? []) - angle(own, means.get(b) ?? []),
      );
      labelled++;
      if (order[0] === label) correct++;
    });
    expect(correct / labelled).toBeGreaterThan(0.9);
  });
});
