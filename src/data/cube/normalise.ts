import { SpikeletError } from '../../error.js';
import { type Cube, checkCube } from './cube.js';

/**
 * How samples become inputs of a network: `(x - minimum) / (maximum - minimum)` over the whole cube, or
 * `(x - mean) / std` for each band.
 */
export type Normalisation =
  | { readonly kind: 'minmax'; readonly minimum: number; readonly maximum: number }
  | { readonly kind: 'bands'; readonly mean: readonly number[]; readonly std: readonly number[] };

/** A cube of f32 samples. */
export interface NormalisedCube extends Cube {
  readonly data: Float32Array;
}

/**
 * The numbers by which a cube is normalised: kept with a network, they let it see another scene of the same sensor as
 * it saw the one it was trained on. Throws `invalid-input` if all samples are equal.
 */
export function normalisationOf(cube: Cube, kind: Normalisation['kind']): Normalisation {
  checkCube(cube);
  switch (kind) {
    case 'minmax':
      return range(cube);
    case 'bands':
      return moments(cube);
  }
}

function range({ name, data }: Cube): Normalisation {
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] ?? 0;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  if (minimum === maximum) {
    throw new SpikeletError('invalid-input', `all samples are ${minimum}: there is nothing to tell apart`, {
      where: name,
    });
  }
  return { kind: 'minmax', minimum, maximum };
}

/** Means and standard deviations over all pixels; a band that is constant gets 1, so that it becomes 0. */
function moments({ bands, data }: Cube): Normalisation {
  const pixels = data.length / bands;
  const mean = new Float64Array(bands);
  const square = new Float64Array(bands);
  for (let i = 0; i < data.length; i++) mean[i % bands] = (mean[i % bands] ?? 0) + (data[i] ?? 0) / pixels;
  for (let i = 0; i < data.length; i++) {
    const difference = (data[i] ?? 0) - (mean[i % bands] ?? 0);
    square[i % bands] = (square[i % bands] ?? 0) + (difference * difference) / pixels;
  }
  const std = Array.from(square, (value, band) => {
    const isConstant = Math.sqrt(value) <= Math.abs(mean[band] ?? 0) * 1e-12;
    return isConstant ? 1 : Math.sqrt(value);
  });
  return { kind: 'bands', mean: [...mean], std };
}

/**
 * What a normalisation makes of a sample, given its band. Throws `invalid-option` for one that does not go with the
 * cube. Computed in double precision.
 */
export function normaliser(
  { name, bands }: Pick<Cube, 'name' | 'bands'>,
  how: Normalisation,
): (sample: number, band: number) => number {
  const reject = (message: string): never => {
    throw new SpikeletError('invalid-option', message, { where: name });
  };
  switch (how.kind) {
    case 'minmax': {
      const { minimum, maximum } = how;
      if (!(maximum > minimum)) reject(`a range from ${minimum} to ${maximum} is empty`);
      return (sample) => (sample - minimum) / (maximum - minimum);
    }
    case 'bands': {
      const { mean, std } = how;
      if (mean.length !== bands || std.length !== bands || !std.every((value) => value > 0)) {
        reject(`${mean.length} means and ${std.length} standard deviations do not go with ${bands} bands`);
      }
      return (sample, band) => (sample - (mean[band] ?? 0)) / (std[band] ?? 1);
    }
  }
}

/**
 * A cube in the numbers that networks take. Computed in double precision and rounded to f32 once.
 *
 * @param how `minmax` or `bands` by the cube's own samples, or numbers from `normalisationOf` another.
 * @example
 * const scene = normalise(await readCube('SalinasA_corrected.mat'), 'minmax');
 */
export function normalise(cube: Cube, how: Normalisation['kind'] | Normalisation): NormalisedCube {
  checkCube(cube);
  const { bands, data } = cube;
  const apply = normaliser(cube, typeof how === 'string' ? normalisationOf(cube, how) : how);
  const result = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) result[i] = apply(data[i] ?? 0, i % bands);
  return { ...cube, data: result };
}
