import { type Cube, checkCube } from '../data/cube/cube.js';
import { SpikeletError } from '../error.js';

/** What the pixels of a label have in common. */
export interface ClassSpectrum {
  readonly label: number;
  readonly pixels: number;
  /** Mean sample of each band. */
  readonly mean: Float64Array;
}

/**
 * The mean spectrum of each label, ascending; 0 is left out.
 *
 * @example
 * for (const { label, mean } of meanSpectra(cube, map.labels)) plot(label, mean);
 */
export function meanSpectra(cube: Cube, labels: ArrayLike<number>): readonly ClassSpectrum[] {
  checkCube(cube);
  const { height, width, bands, data } = cube;
  if (labels.length !== height * width) {
    throw new SpikeletError('invalid-input', `${labels.length} labels for ${height}x${width} pixels`, {
      where: cube.name,
    });
  }
  const sums = new Map<number, { pixels: number; sum: Float64Array }>();
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const label = labels[pixel] ?? 0;
    if (label === 0) continue;
    const own = sums.get(label) ?? { pixels: 0, sum: new Float64Array(bands) };
    sums.set(label, own);
    own.pixels++;
    for (let band = 0; band < bands; band++) {
      own.sum[band] = (own.sum[band] ?? 0) + (data[pixel * bands + band] ?? 0);
    }
  }
  return [...sums]
    .sort(([a], [b]) => a - b)
    .map(([label, { pixels, sum }]) => ({ label, pixels, mean: sum.map((value) => value / pixels) }));
}
