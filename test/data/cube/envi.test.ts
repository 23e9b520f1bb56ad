import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DecodeOptions, decodeCube, decodeGroundTruth } from '../../../src/data/index.js';
import { concatenated } from '../archives.js';
import { enviOf, headerOf, numbers, pixelMajor, plainForm, type TestScene } from './envi-file.js';

const small: TestScene = { height: 3, width: 4, bands: 5, value: (r, c, b) => 100 * r + 10 * c + b };

/** Neighbours alike along rows, columns and bands, as in a scene. */
const smooth: TestScene = {
  height: 40,
  width: 36,
  bands: 48,
  value: (r, c, b) => Math.round(900 * (2 + Math.sin(r / 15) + Math.cos(c / 13) * Math.sin(1 + b / 14))),
};

type Files = ReturnType<typeof enviOf>;
type Options = Omit<DecodeOptions, 'header'> & { readonly missing?: number };
const decode = ({ header, data }: Files, name = 'scene.img', options: Options = {}) =>
  decodeCube(data, name, { ...options, header: { name: 'scene.hdr', bytes: header } });
const decodeLabels = ({ header, data }: Files) =>
  decodeGroundTruth(data, 'labels', { header: { name: 'labels.hdr', bytes: header } });

describe('ENVI scenes', () => {
  it('are read in every interleave, type and byte order, behind any offset', async () => {
    const form = fc.record({
      interleave: fc.constantFrom('bsq', 'bil', 'bip'),
      type: fc.constantFrom('u8', 'i16', 'i32', 'f32', 'f64', 'u16', 'u32'),
      littleEndian: fc.boolean(),
      offset: fc.nat(9),
    });
    const side = fc.integer({ min: 1, max: 6 });
    await fc.assert(
      fc.asyncProperty(form, side, side, side, fc.nat(200), async (given, height, width, bands, seed) => {
        const value = (r: number, c: number, b: number): number => (seed + 31 * r + 17 * c + 5 * b) % 251;
        const scene = { height, width, bands, value };
        const cube = await decode(enviOf(scene, given));
        expect(cube).toMatchObject({ height, width, bands });
        expect(numbers(cube.data)).toEqual(numbers(pixelMajor(scene)));
      }),
    );
  });

  it('keep negative and fractional samples', async () => {
    const scene = { ...small, value: (r: number, c: number, b: number) => -(r + c / 4 + b / 8) };
    const cube = await decode(enviOf(scene, { type: 'f32', littleEndian: false }));
    expect(cube.data).toEqual(Float32Array.from(pixelMajor(scene)));
  });

  it('come with wavelengths, names and reflectance scale', async () => {
    const cube = await decode(
      enviOf(
        small,
        {},
        {
          wavelength: '{400.5, 500,\n 600, 700,\n 800}',
          'wavelength units': 'Nanometers',
          'band names': '{blue, green, red, edge, near}',
          'reflectance scale factor': 10000,
        },
      ),
    );
    expect(cube).toMatchObject({
      wavelengths: [400.5, 500, 600, 700, 800],
      wavelengthUnit: 'Nanometers',
      bandNames: ['blue', 'green', 'red', 'edge', 'near'],
      reflectanceScale: 10000,
    });
  });

  it('are calibrated by the gains and offsets of their bands', async () => {
    const fields = { 'data gain values': '{2, 2, 2, 2, 0.5}', 'data offset values': '{0, 1, 0, 0, 0}' };
    const cube = await decode(enviOf(small, {}, fields));
    expect(numbers(cube.data.subarray(0, 5))).toEqual([0, 3, 4, 6, 2]);
  });

  it('may give ignored samples a value', async () => {
    const scene = { ...small, value: (r: number, _c: number, b: number) => (r === 1 && b === 2 ? -9999 : 7) };
    const files = enviOf(scene, {}, { 'data ignore value': -9999 });
    await expect(decode(files)).rejects.toThrow(
      /scene\.img: 4 of 60 samples are missing, the first at row 1, column 0, band 2: it is the file's ignore value/,
    );
    const cube = await decode(files, 'scene.img', { missing: 0 });
    expect(numbers(cube.data).filter((value) => value === 0).length).toBe(4);
    await expect(decode(files, 'scene.img', { missing: 1e6 })).rejects.toThrow('does not fit');
  });
});

describe('ENVI labels', () => {
  const labels: TestScene = { height: 2, width: 3, bands: 1, value: (r, c) => r + c };

  it('come with the names and colours of their classes', async () => {
    const truth = await decodeLabels(
      enviOf(
        labels,
        { type: 'u8' },
        {
          'file type': 'ENVI Classification',
          classes: 4,
          'class names': '{Unclassified, Corn, Soil, Lettuce}',
          'class lookup': '{0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255}',
        },
      ),
    );
    expect(truth.labels).toEqual(Uint8Array.of(0, 1, 2, 1, 2, 3));
    expect(truth.classNames).toEqual(['Unclassified', 'Corn', 'Soil', 'Lettuce']);
    expect(truth.colours?.[2]).toEqual([0, 255, 0]);
  });

  it('may be more than 255', async () => {
    const truth = await decodeLabels(enviOf({ ...labels, value: (r, c) => 300 * r + c }, { type: 'u16' }));
    expect(truth.labels).toEqual(Uint16Array.of(0, 1, 2, 300, 301, 302));
  });

  it('are whole numbers of one band, with a name each', async () => {
    await expect(decodeLabels(enviOf(small))).rejects.toThrow('has 5 bands; expected one with labels');
    const half = enviOf({ ...labels, value: (r, c) => r * c + 0.5 }, { type: 'f32' });
    await expect(decodeLabels(half)).rejects.toThrow(/row 0, column 0 is 0\.5, expected a whole number/);
    const negative = enviOf({ ...labels, value: (r, c) => -r * c }, { type: 'i16' });
    await expect(decodeLabels(negative)).rejects.toThrow('row 1, column 1 is -1');
    const unnamed = enviOf(labels, {}, { classes: 2, 'class names': '{a, b}' });
    await expect(decodeLabels(unnamed)).rejects.toThrow('has label 3, but names only 2 classes');
  });
});

describe('a damaged ENVI scene is refused:', () => {
  const files = enviOf(small);
  const size = 3 * 4 * 5 * 2;

  it('one that is cut off, or has bands too few or too many', async () => {
    const cut = { ...files, data: files.data.subarray(0, size - 1) };
    await expect(decode(cut)).rejects.toMatchObject({ code: 'invalid-input', where: 'scene.img: byte 119' });
    await expect(decode({ ...files, data: files.data.subarray(0, 96) })).rejects.toThrow(
      /has 96 bytes, but scene\.hdr claims 120: 3 lines of 4 samples with 5 bands.*room for 4 such bands/,
    );
    await expect(decode({ ...files, data: concatenated(files.data, new Uint8Array(24)) })).rejects.toThrow(
      'room for 6 such bands',
    );
    await expect(decode({ ...files, data: new Uint8Array() })).rejects.toThrow('has 0 bytes');
  });

  it.each([
    ['interleave', 'bqs', /scene\.hdr: field 'interleave' at byte \d+: is "bqs", expected bsq, bil or bip/],
    ['byte order', 2, /field 'byte order' at byte \d+: is 2, expected 0/],
    ['byte order', undefined, /field 'byte order': is missing/],
    ['data type', 6, /field 'data type' at byte \d+: is 6; supported are 1, 2, 3, 4, 5, 12, 13/],
    ['data type', undefined, /field 'data type': is missing/],
    ['samples', 0, /field 'samples' at byte \d+: is 0, expected a whole number above 0/],
    ['lines', 2.5, /field 'lines'.*is 2\.5/],
    ['bands', 'five', /field 'bands' at byte \d+: is "five", expected a number/],
    ['bands', '', /field 'bands' at byte \d+: is missing/],
    ['header offset', -4, /field 'header offset'.*is -4/],
    ['wavelength', '{1, 2, 3, 4}', /field 'wavelength' at byte \d+: has 4 entries, expected 5/],
    ['wavelength', '{1, 2, 3, 4, x}', /field 'wavelength'.*entry 4 is "x", expected a number/],
    ['band names', '{a, b', /field 'band names' at byte \d+: the list has no closing '}'/],
    ['file compression', 1, /field 'file compression'.*unpack it/],
    ['major frame offsets', '{0, 8}', /field 'major frame offsets'/],
    ['file type', 'ENVI Spectral Library', /field 'file type'.*expected 'ENVI Standard'/],
    ['reflectance scale factor', 0, /field 'reflectance scale factor'.*above 0/],
  ])('a header whose field %s is %s', async (field, value, message) => {
    const broken = enviOf(small, {}, { [field]: value });
    await expect(decode(broken)).rejects.toThrow(message);
  });

  it('a header that is none, or not in the form of one', async () => {
    const text = (content: string): Files => ({ ...files, header: new TextEncoder().encode(content) });
    await expect(decode(text('hello'))).rejects.toThrow("scene.hdr: byte 0: does not begin with 'ENVI'");
    await expect(decode(text('ENVI\nsamples 4\n'))).rejects.toThrow(/byte 5: expected 'field = value'/);
    await expect(decode(text('ENVI\nbands = 4\nbands = 5\n'))).rejects.toThrow(
      /'bands' at byte 15: is given twice/,
    );
  });

  it('sizes that nobody has memory for, before any is taken', async () => {
    const header = headerOf({
      samples: 1e5,
      lines: 1e5,
      bands: 1000,
      'data type': 5,
      interleave: 'bsq',
      'byte order': 0,
    });
    await expect(decode({ ...files, header })).rejects.toMatchObject({ code: 'out-of-memory' });
    const absurd = headerOf({ samples: 1e300, lines: 1, bands: 1, 'data type': 1, interleave: 'bsq' });
    await expect(decode({ ...files, header: absurd })).rejects.toThrow('claims a size of');
    await expect(decode(files, 'scene.img', { memoryLimit: 100 })).rejects.toThrow(
      'more than the limit of 100',
    );
  });

  it('samples that are no numbers', async () => {
    const value = (r: number, c: number, b: number): number =>
      r === 2 && c === 1 && b === 3 ? Number.NaN : b;
    const broken = enviOf({ ...small, value }, { type: 'f32' });
    await expect(decode(broken)).rejects.toThrow(
      /scene\.img: 1 of 60 samples are missing, the first at row 2, column 1, band 3: it is NaN/,
    );
    const filled = await decode(broken, 'scene.img', { missing: -1 });
    expect(numbers(filled.data).indexOf(-1)).toBe((2 * 4 + 1) * 5 + 3);
  });

  it('an interleave that the suffix of the data file contradicts', async () => {
    await expect(decode(files, 'scene.bil')).rejects.toThrow(
      /field 'interleave' at byte \d+: is bsq, but the data file is scene\.bil/,
    );
    expect((await decode(files, 'scene.BSQ')).bands).toBe(5);
  });

  const forms = (['bsq', 'bil', 'bip'] as const).flatMap((interleave) =>
    [true, false].map((littleEndian) => ({ interleave, littleEndian })),
  );
  const wrong = forms.flatMap((made) =>
    forms
      .filter((said) => said.interleave !== made.interleave || said.littleEndian !== made.littleEndian)
      .map((said) => ({ made, said })),
  );

  it.each(wrong)('a header that says $said of a file that is $made', async ({ made, said }) => {
    const { data } = enviOf(smooth, made);
    const { header } = enviOf(smooth, said);
    await expect(decode({ header, data })).rejects.toThrow(
      new RegExp(
        `like a scene under interleave ${made.interleave} and byte order ${made.littleEndian ? 0 : 1}`,
      ),
    );
    expect((await decode({ header, data }, 'scene.img', { trustHeader: true })).bands).toBe(48);
  });

  it.each(forms)('but not one whose samples look odd in any reading: %o', async (form) => {
    const hash = (i: number): number => Math.imul(i + 1, 2654435761) >>> 17;
    const odd: readonly TestScene['value'][] = [
      (r, c, b) => hash(r + 64 * c + 4096 * b),
      (_r, _c, b) => hash(b),
      (r, c, b) => hash(b) + r + c,
      (r, c) => hash(r + 64 * c),
      (r, _c, b) => 100 * hash(r) + b,
      () => 5,
      (r, c, b) => (r % 8 === 3 && c % 5 === 1 ? b * 50 : 0),
      (r, c, b) => 600 * r + 30 * c + b,
    ];
    for (const value of odd) {
      const scene = { ...smooth, value };
      const cube = await decode(enviOf(scene, { ...plainForm, type: 'i32', ...form }));
      expect(cube.data.length).toBe(40 * 36 * 48);
    }
  });
});
