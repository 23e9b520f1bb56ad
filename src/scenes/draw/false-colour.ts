import { type Cube, checkCube } from '../../data/cube/cube.js';
import type { Pixels } from '../../data/pixels.js';
import { SpikeletError } from '../../error.js';

/** Wavelengths that are shown as red, green and blue, in nanometres. */
const shown = [650, 550, 460] as const;

/** Where they lie among the bands of a sensor from 400 to 2500 nm whose wavelengths are not known. */
const usualShares = [0.12, 0.07, 0.03] as const;

const toNanometres = (unit: string | undefined, longest: number): number =>
  /^(µm|um|micro)/i.test(unit ?? '') || (unit === undefined && longest < 100) ? 1000 : 1;

/**
 * The bands that come nearest to red, green and blue, counted from 0.
 *
 * @example
 * const [red, green, blue] = colourBands(cube);
 */
export function colourBands({ bands, wavelengths, wavelengthUnit }: Cube): readonly [number, number, number] {
  if (!wavelengths) {
    const at = (share: number): number => Math.min(bands - 1, Math.round(share * bands));
    return [at(usualShares[0]), at(usualShares[1]), at(usualShares[2])];
  }
  const factor = toNanometres(wavelengthUnit, Math.max(...wavelengths));
  const nearest = (wanted: number): number =>
    wavelengths.reduce((best, wavelength, band) => {
      const distance = (value: number | undefined): number => Math.abs((value ?? Infinity) * factor - wanted);
      return distance(wavelength) < distance(wavelengths[best]) ? band : best;
    }, 0);
  return [nearest(shown[0]), nearest(shown[1]), nearest(shown[2])];
}

/** Shares of the pixels that become black and white. */
const tails = [0.02, 0.98] as const;

function stretched({ data, bands }: Cube, band: number): (sample: number) => number {
  const values = Float64Array.from(
    { length: data.length / bands },
    (_, i) => data[i * bands + band] ?? 0,
  ).sort();
  const at = (share: number): number => values[Math.round(share * (values.length - 1))] ?? 0;
  const [low, high] = [at(tails[0]), at(tails[1])];
  const span = high > low ? high - low : 1;
  return (sample) => Math.round(255 * Math.min(1, Math.max(0, (sample - low) / span)));
}

/**
 * A scene as a picture: three bands as red, green and blue, each stretched between its 2nd and 98th percentile.
 *
 * @returns RGB, one pixel for each of the scene.
 * @example
 * const { width, height, data } = falseColour(cube);
 */
export function falseColour(
  cube: Cube,
  bands: readonly [number, number, number] = colourBands(cube),
): Pixels {
  checkCube(cube);
  const { height, width, bands: stride, data } = cube;
  if (!bands.every((band) => Number.isInteger(band) && band >= 0 && band < stride)) {
    throw new SpikeletError('invalid-option', `there are no bands ${bands.join(', ')} among ${stride}`, {
      where: cube.name,
    });
  }
  const channels = bands.map((band) => ({ band, shade: stretched(cube, band) }));
  const pixels = new Uint8Array(height * width * 3);
  for (let pixel = 0; pixel < height * width; pixel++) {
    channels.forEach(({ band, shade }, channel) => {
      pixels[pixel * 3 + channel] = shade(data[pixel * stride + band] ?? 0);
    });
  }
  return { width, height, channels: 3, data: pixels };
}
