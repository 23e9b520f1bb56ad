import type { Engine, Prepared } from './open.js';
import type { Region } from './region.js';
import { tileRegions } from './tiles.js';

/** One run: what part of the input each region of the scene fills, and the pixels that come out. */
export interface Job {
  readonly regions: readonly Region[];
  /** Pixels in the order of the scores, as rectangles one after the other. */
  readonly results: readonly Region[];
}

/** The runs that a scene takes. */
export function jobsOf({ source, network }: Prepared, { work, chosen }: Engine): readonly Job[] {
  const { cube } = source;
  const reach = (network.size - 1) / 2;
  const around = ({ row, column, rows, columns }: Region): Region => ({
    row: row - reach,
    column: column - reach,
    rows: rows + 2 * reach,
    columns: columns + 2 * reach,
  });
  if (work.approach === 'convolutional') {
    return tileRegions(cube, chosen.tile).map((tile) => ({ regions: [around(tile)], results: [tile] }));
  }
  const pixels = cube.height * cube.width;
  const { batch } = work;
  return Array.from({ length: Math.ceil(pixels / batch) }, (_, i) => {
    const first = i * batch;
    const results = Array.from({ length: Math.min(batch, pixels - first) }, (_, j) => ({
      row: Math.floor((first + j) / cube.width),
      column: (first + j) % cube.width,
      rows: 1,
      columns: 1,
    }));
    return { regions: results.map(around), results };
  });
}
