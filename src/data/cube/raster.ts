import { SpikeletError } from '../../error.js';
import {
  type Colour,
  type Cube,
  checkCube,
  checkGroundTruth,
  type GroundTruth,
  longestSide,
  type Samples,
  samplePlace,
} from './cube.js';

/** What a file holds, before it is taken as a scene or as labels. */
export interface Raster extends Cube {
  /** The sample that stands for a missing one. */
  readonly ignored?: number;
  readonly classNames?: readonly string[];
  readonly colours?: readonly Colour[];
}

/** Largest scene that is read where no other limit is given: 1 GiB of samples. */
export const defaultMemoryLimit = 1 << 30;

/**
 * Throws unless the sizes that a file claims are whole numbers that make a scene within the memory limit: to be asked
 * before any memory is taken.
 */
export function checkClaim(
  sides: readonly number[],
  bytesEach: number,
  memoryLimit: number,
  where: string,
): void {
  if (!sides.every((size) => Number.isInteger(size) && size > 0 && size <= longestSide)) {
    throw new SpikeletError(
      'invalid-input',
      `claims a size of ${sides.join('x')}, expected 1 to ${longestSide} a side`,
      { where },
    );
  }
  const bytes = sides.reduce((product, size) => product * size, bytesEach);
  if (bytes > memoryLimit) {
    throw new SpikeletError(
      'out-of-memory',
      `${sides.join('x')} samples take ${bytes} bytes, more than the limit of ${memoryLimit}: give a greater memoryLimit or a part of the scene`,
      { where },
    );
  }
}

/**
 * A raster as a scene. Samples that are NaN, infinite or equal to the file's ignore value become `missing`; without
 * that they are an error that counts them and names the first.
 */
export function toCube(raster: Raster, missing?: number): Cube {
  const { ignored, classNames: _names, colours: _colours, ...cube } = raster;
  const isMissing = (value: number): boolean => !Number.isFinite(value) || value === ignored;
  const mayMiss =
    ignored !== undefined || cube.data instanceof Float32Array || cube.data instanceof Float64Array;
  const first = mayMiss ? cube.data.findIndex(isMissing) : -1;
  if (first < 0) {
    checkCube(cube);
    return cube;
  }
  if (missing === undefined) {
    let count = 0;
    for (const value of cube.data) if (isMissing(value)) count++;
    const what = cube.data[first] === ignored ? `the file's ignore value ${ignored}` : `${cube.data[first]}`;
    throw new SpikeletError(
      'invalid-input',
      `${count} of ${cube.data.length} samples are missing, the first at ${samplePlace(cube, first)}: it is ${what}. ` +
        'Check the sample type and byte order; if the scene has gaps, give the value to take for them as `missing`',
      { where: cube.name },
    );
  }
  const filled = { ...cube, data: filledWith(cube.data, isMissing, missing, cube.name) };
  checkCube(filled);
  return filled;
}

function filledWith(
  data: Samples,
  isMissing: (value: number) => boolean,
  missing: number,
  where: string,
): Samples {
  const result = data.slice();
  for (let i = 0; i < result.length; i++) {
    if (!isMissing(result[i] ?? 0)) continue;
    result[i] = missing;
    if (result[i] !== missing && Math.fround(missing) !== result[i]) {
      throw new SpikeletError('invalid-option', `missing: ${missing} does not fit the samples' type`, {
        where,
      });
    }
  }
  return result;
}

/** A raster of one band as labels. Throws `invalid-input` that names the pixel if one is no whole number up to 65535. */
export function toGroundTruth(raster: Raster): GroundTruth {
  const { name, height, width, bands, data, classNames, colours } = raster;
  if (bands !== 1) {
    throw new SpikeletError('invalid-input', `has ${bands} bands; expected one with labels`, { where: name });
  }
  let greatest = 0;
  for (let i = 0; i < data.length; i++) {
    const label = data[i] ?? 0;
    if (!Number.isInteger(label) || label < 0 || label > 65535) {
      throw new SpikeletError(
        'invalid-input',
        `the label at row ${Math.floor(i / width)}, column ${i % width} is ${label}, expected a whole number from 0 to 65535`,
        { where: name },
      );
    }
    greatest = Math.max(greatest, label);
  }
  if (classNames && greatest >= classNames.length) {
    throw new SpikeletError(
      'invalid-input',
      `has label ${greatest}, but names only ${classNames.length} classes`,
      { where: name },
    );
  }
  const labels = greatest < 256 ? Uint8Array.from(data) : Uint16Array.from(data);
  const truth = {
    name,
    height,
    width,
    labels,
    ...(classNames && { classNames }),
    ...(colours && { colours }),
  };
  checkGroundTruth(truth);
  return truth;
}
