import { describe, expect, test } from 'vitest';
import type { Cube } from '../../src/data/cube/cube.js';
import { isInk, letterSize } from '../../src/scenes/draw/letters.js';
import {
  classColour,
  colourBands,
  drawClassMap,
  drawShares,
  falseColour,
  legendOf,
  meanSpectra,
} from '../../src/scenes/index.js';

const pixelOf = (
  { width, data }: { readonly width: number; readonly data: ArrayLike<number> },
  x: number,
  y: number,
) => [0, 1, 2].map((channel) => data[(y * width + x) * 3 + channel]);

describe('colours of classes', () => {
  test('differ from one another', () => {
    const colours = Array.from({ length: 40 }, (_, label) => classColour(label));
    const distance = (a: readonly number[], b: readonly number[]): number =>
      a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0);
    for (const [i, a] of colours.slice(0, 19).entries()) {
      for (const b of colours.slice(i + 1, 19)) expect(distance(a, b)).toBeGreaterThan(50);
    }
    expect(new Set(colours.map(String)).size).toBe(40);
    expect(colours.flat().every((value) => Number.isInteger(value) && value >= 0 && value <= 255)).toBe(true);
  });

  test('are those that are given, where they are', () => {
    expect(
      classColour(1, [
        [1, 1, 1],
        [9, 8, 7],
      ]),
    ).toEqual([9, 8, 7]);
    expect(
      classColour(2, [
        [1, 1, 1],
        [9, 8, 7],
      ]),
    ).toEqual(classColour(2));
    expect(classColour(0)).toEqual([0, 0, 0]);
  });
});

describe('a class map', () => {
  const map = { height: 4, width: 6, labels: Uint8Array.from({ length: 24 }, (_, i) => i % 3) };
  const legend = [
    { label: 1, name: 'corn' },
    { label: 2, name: 'a longer name' },
  ];

  test('shows every pixel enlarged and every class in the legend', () => {
    const picture = drawClassMap(map, legend);
    expect(picture.height).toBe(480);
    expect(picture.width).toBeGreaterThan(720);
    for (let row = 0; row < 4; row++) {
      for (let column = 0; column < 6; column++) {
        const label = map.labels[row * 6 + column] ?? 0;
        const corners = [0, 119].map((at) => pixelOf(picture, column * 120 + at, row * 120 + at));
        expect(corners).toEqual([classColour(label), classColour(label)]);
      }
    }
    const beside = new Set<string>();
    for (let y = 0; y < picture.height; y++) {
      for (let x = 720; x < picture.width; x++) beside.add(pixelOf(picture, x, y).join());
    }
    for (const { label } of legend) expect(beside).toContain(classColour(label).join());
  });

  test('of a large scene stays at its size, and without legend has nothing beside', () => {
    const large = { height: 600, width: 700, labels: new Uint8Array(420_000) };
    const { width, height } = drawClassMap(large, []);
    expect([width, height]).toEqual([700, 600]);
  });

  test('grows where the legend is longer', () => {
    const many = Array.from({ length: 60 }, (_, i) => ({ label: i + 1, name: `class ${i + 1}` }));
    expect(drawClassMap(map, many).height).toBeGreaterThan(60 * 12);
  });

  test('is refused where labels and sizes do not fit', () => {
    expect(() => drawClassMap({ ...map, width: 5 }, [])).toThrow(/24 labels do not make a map of 4x5/);
    expect(() => drawShares({ height: 2, width: 2 }, [1])).toThrow(/1 labels/);
  });

  test('of shares goes from black to white', () => {
    expect([...drawShares({ height: 1, width: 4 }, [0, 0.5, 1, 2]).data]).toEqual([0, 128, 255, 255]);
  });
});

test('letters are drawn, those of names each in its own way, others as a box', () => {
  const pictureOf = (letter: string): string =>
    Array.from({ length: letterSize.rows * letterSize.columns }, (_, i) =>
      isInk(letter, Math.floor(i / letterSize.columns), i % letterSize.columns) ? '#' : '.',
    ).join('');
  const all = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.,:()/%+&';
  expect(new Set([...all].map(pictureOf)).size).toBe(all.length);
  expect(pictureOf('a')).toBe(pictureOf('A'));
  expect(pictureOf(' ')).not.toContain('#');
  expect(pictureOf('ß')).toBe(pictureOf('☃'));
});

describe('false colours', () => {
  const cube: Cube = {
    name: 'ramp',
    height: 1,
    width: 101,
    bands: 4,
    data: Float32Array.from({ length: 404 }, (_, i) => Math.floor(i / 4) * ((i % 4) + 1)),
  };

  test('take the bands nearest to red, green and blue, whatever the unit', () => {
    expect(colourBands({ ...cube, wavelengths: [455, 550, 660, 900], wavelengthUnit: 'nm' })).toEqual([
      2, 1, 0,
    ]);
    expect(colourBands({ ...cube, wavelengths: [0.9, 0.66, 0.55, 0.455] })).toEqual([1, 2, 3]);
    expect(colourBands({ ...cube, bands: 200, data: new Float32Array(101 * 200) })).toEqual([24, 14, 6]);
  });

  test('are stretched so that a fiftieth of the pixels is black and another white', () => {
    const { data } = falseColour(cube, [3, 1, 0]);
    const reds = Array.from({ length: 101 }, (_, i) => data[3 * i] ?? 0);
    expect(reds.filter((red) => red === 0)).toHaveLength(3);
    expect(reds.filter((red) => red === 255)).toHaveLength(3);
    expect(reds[50]).toBe(128);
    expect(reds).toEqual([...reds].sort((a, b) => a - b));
    expect(
      [...falseColour({ ...cube, data: cube.data.map(() => 7) }).data].every((value) => value === 0),
    ).toBe(true);
  });

  test('are refused for bands that are not there', () => {
    expect(() => falseColour(cube, [0, 1, 4])).toThrow(/no bands 0, 1, 4 among 4/);
  });
});

test('mean spectra leave out what has no label', () => {
  const data = Float32Array.of(1, 2, 3, 4, 100, 100, 5, 6);
  const cube: Cube = { name: 'four', height: 2, width: 2, bands: 2, data };
  expect(meanSpectra(cube, [7, 7, 0, 2])).toEqual([
    { label: 2, pixels: 1, mean: Float64Array.of(5, 6) },
    { label: 7, pixels: 2, mean: Float64Array.of(2, 3) },
  ]);
  expect(() => meanSpectra(cube, [1])).toThrow(/1 labels for 2x2/);
});

test('a legend is named by the ground truth, else by the model, else by numbers', () => {
  const map = { classLabels: [1, 3], classNames: ['one', 'three'] };
  expect(legendOf(map).map(({ name }) => name)).toEqual(['one', 'three']);
  expect(legendOf({ classLabels: [1, 3] }).map(({ name }) => name)).toEqual(['class 1', 'class 3']);
  expect(legendOf(map, { classNames: ['none', 'corn'] }).map(({ name }) => name)).toEqual(['corn', 'three']);
});
