import { elementCount } from '../../../graph/tensor.js';
import type { Values, View } from './views.js';

/** Matrices of heads side by side: element [batch][row][first + head * columns + column] of `source`. */
export interface Heads {
  readonly source: string;
  /** The first of the features that belong to the heads. */
  readonly first: number;
  /** How many there are of them. */
  readonly width: number;
  /** Features of the source. */
  readonly features: number;
  readonly batch: number;
  readonly rows: number;
}

export interface HeadSizes {
  readonly batch: number;
  readonly heads: number;
  readonly rows: number;
  readonly columns: number;
}

/** Reads a view [batch][head][row][column], or with columns before rows, as heads side by side in its source. */
export function headsOf(
  { types }: Values,
  { source, indices }: View,
  { batch, heads, rows, columns }: HeadSizes,
  columnsFirst: boolean,
): Heads | undefined {
  const shape = types.get(source)?.shape ?? [];
  const features = shape.at(-1) ?? 1;
  const first = indices[0] ?? 0;
  const width = heads * columns;
  if (first + width > features || elementCount(shape) !== batch * rows * features) return undefined;
  for (let group = 0; group < batch * heads; group++) {
    const from = Math.floor(group / heads) * rows * features + first + (group % heads) * columns;
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const at = columnsFirst ? column * rows + row : row * columns + column;
        if (indices[group * rows * columns + at] !== from + row * features + column) return undefined;
      }
    }
  }
  return { source, first, width, features, batch, rows };
}
