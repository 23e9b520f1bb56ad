import { SpikeletError } from '../../error.js';

/** Samples of a cube, in the type that its file has them in. */
export type Samples =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** Rows, columns and bands of a scene. */
export interface CubeShape {
  readonly height: number;
  readonly width: number;
  readonly bands: number;
}

/**
 * A hyperspectral scene. Sample (row, column, band) is `data[(row * width + column) * bands + band]`: the spectrum of
 * a pixel lies together (band interleaved by pixel).
 */
export interface Cube extends CubeShape {
  /** Where it comes from, for messages: a file's path. */
  readonly name: string;
  readonly data: Samples;
  /** Centre of each band, in `wavelengthUnit`. */
  readonly wavelengths?: readonly number[];
  readonly wavelengthUnit?: string;
  readonly bandNames?: readonly string[];
  /** The sample that means a reflectance of 1. */
  readonly reflectanceScale?: number;
}

/** Red, green and blue, 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

/** Class of each pixel of a scene, row by row; 0 means that it is not known. */
export interface GroundTruth {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly labels: Uint8Array | Uint16Array;
  /** By label: the first is that of the unlabelled pixels. */
  readonly classNames?: readonly string[];
  /** By label, as the file suggests to draw them. */
  readonly colours?: readonly Colour[];
}

/** Most rows, columns or bands that a scene can have. */
export const longestSide = 1 << 20;

const isSide = (size: number): boolean => Number.isInteger(size) && size > 0 && size <= longestSide;

/** Position of sample `index` in words. */
export function samplePlace({ width, bands }: CubeShape, index: number): string {
  const pixel = Math.floor(index / bands);
  return `row ${Math.floor(pixel / width)}, column ${pixel % width}, band ${index % bands}`;
}

/** Index of the first sample that is no number, or -1. */
export function firstNotFinite(data: Samples): number {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return -1;
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i;
  return -1;
}

/**
 * Throws `invalid-input` if the samples do not make up a cube of its shape, if one of them is NaN or infinite, or if
 * there is not one wavelength or name a band.
 */
export function checkCube(cube: Cube): void {
  const { name, height, width, bands, data } = cube;
  const wrong = (message: string): never => {
    throw new SpikeletError('invalid-input', message, { where: name });
  };
  if (![height, width, bands].every(isSide)) wrong(`${height}x${width}x${bands} is no shape of a cube`);
  if (data.length !== height * width * bands) {
    wrong(`${data.length} samples do not make a cube of ${height}x${width} pixels with ${bands} bands`);
  }
  const index = firstNotFinite(data);
  if (index >= 0) wrong(`the sample at ${samplePlace(cube, index)} is ${data[index]}, expected a number`);
  for (const [what, list] of [
    ['wavelengths', cube.wavelengths],
    ['band names', cube.bandNames],
  ] as const) {
    if (list && list.length !== bands) wrong(`${list.length} ${what} for ${bands} bands`);
  }
}

/** Throws `invalid-input` if the labels do not make up a map of the given size, or of another size than the cube. */
export function checkGroundTruth(truth: GroundTruth, cube?: Cube): void {
  const { name, height, width, labels } = truth;
  if (![height, width].every(isSide) || labels.length !== height * width) {
    throw new SpikeletError(
      'invalid-input',
      `${labels.length} labels do not make a map of ${height}x${width} pixels`,
      { where: name },
    );
  }
  if (cube && (cube.height !== height || cube.width !== width)) {
    throw new SpikeletError(
      'invalid-input',
      `has labels of ${height}x${width} pixels, but ${cube.name} has ${cube.height}x${cube.width}`,
      { where: name },
    );
  }
}

/**
 * Samples of one pixel over all bands: a view, not a copy.
 *
 * @example
 * const water = spectrum(cube, 40, 12);
 */
export function spectrum(cube: Cube, row: number, column: number): Samples {
  const { height, width, bands, data } = cube;
  if (!(row >= 0 && row < height && column >= 0 && column < width && Number.isInteger(row + column))) {
    throw new SpikeletError(
      'invalid-input',
      `there is no pixel at row ${row}, column ${column} of ${height}x${width}`,
      { where: cube.name },
    );
  }
  const from = (row * width + column) * bands;
  return data.subarray(from, from + bands);
}

/** The labels that occur, ascending, without 0. */
export function classesOf({ labels }: Pick<GroundTruth, 'labels'>): readonly number[] {
  return [...new Set(labels)].filter((label) => label > 0).sort((a, b) => a - b);
}
