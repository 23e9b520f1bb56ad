import type { Cube } from '../data/cube/cube.js';
import { reflected } from '../data/cube/patches.js';

/** A rectangle of a scene; it may reach over the border, where the scene is mirrored. */
export interface Region {
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
}

/** Copies samples as a network takes them. */
export interface SampleSource {
  readonly cube: Cube;
  /** Bands to take, in order. */
  readonly bands: readonly number[];
  /** What the network takes for a sample, given the place of its band among `bands`. */
  readonly apply: (sample: number, band: number) => number;
}

/** Fills `to` with a region as [bands, rows, columns]. */
export function copyRegion({ cube, bands, apply }: SampleSource, region: Region, to: Float32Array): void {
  const { height, width, bands: stride, data } = cube;
  const { rows, columns } = region;
  const area = rows * columns;
  for (let y = 0; y < rows; y++) {
    const fromRow = reflected(region.row + y, height) * width;
    for (let x = 0; x < columns; x++) {
      const from = (fromRow + reflected(region.column + x, width)) * stride;
      let at = y * columns + x;
      for (let band = 0; band < bands.length; band++) {
        to[at] = apply(data[from + (bands[band] ?? 0)] ?? 0, band);
        at += area;
      }
    }
  }
}
