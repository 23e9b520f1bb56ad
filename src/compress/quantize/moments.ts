import { addOuterProducts, addScaled, type SquareMatrix, squareMatrix } from './linear-algebra.js';
import { chosenPositions, type PatchReader } from './patches.js';

/** Patches gathered before their products are added up. */
const batch = 64;
/** Columns of one matrix: wider layers have their columns split into blocks that are treated as unrelated. */
const widestBlock = 4608;

/** Means and second moments of a layer's patches, group by group, gathered from a stream of samples. */
export interface Moments {
  /** Number of patches seen, per group. */
  count: number;
  /** Sums of each column, [groups][columns]. */
  readonly sums: readonly Float64Array[];
  /** Second moments as sums (lower triangles), [groups][blocks]; none if only means are gathered. */
  readonly blocks: readonly (readonly SquareMatrix[])[];
  readonly buffer: Float64Array;
}

/** First column and width of each block of columns. */
export function columnBlocks(columns: number): readonly (readonly [from: number, width: number])[] {
  const count = Math.max(1, Math.ceil(columns / widestBlock));
  const width = Math.ceil(columns / count);
  return Array.from({ length: count }, (_, i) => [i * width, Math.min(width, columns - i * width)] as const);
}

export function createMoments({ groups, columns }: PatchReader, what: 'means' | 'second moments'): Moments {
  const widths = what === 'means' ? [] : columnBlocks(columns).map(([, width]) => width);
  return {
    count: 0,
    sums: Array.from({ length: groups }, () => new Float64Array(columns)),
    blocks: Array.from({ length: groups }, () => widths.map(squareMatrix)),
    buffer: new Float64Array(columns * batch),
  };
}

/** Adds the chosen patches of one sample's input. */
export function addPatches(
  moments: Moments,
  reader: PatchReader,
  data: ArrayLike<number>,
  sample: number,
): void {
  const positions = chosenPositions(reader.positions, sample);
  for (let start = 0; start < positions.length; start += batch) {
    const taken = positions.slice(start, start + batch);
    for (let group = 0; group < reader.groups; group++) {
      taken.forEach((position, i) => {
        reader.read(data, position, group, moments.buffer, i, taken.length);
      });
      addColumns(moments, reader.columns, group, taken.length);
    }
    moments.count += taken.length;
  }
}

function addColumns(moments: Moments, columns: number, group: number, rows: number): void {
  const { buffer } = moments;
  const sums = moments.sums[group];
  if (!sums) return;
  for (let k = 0; k < columns; k++) {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += buffer[k * rows + r] ?? 0;
    sums[k] = (sums[k] ?? 0) + sum;
  }
  const blocks = moments.blocks[group] ?? [];
  if (blocks.length === 0) return;
  columnBlocks(columns).forEach(([from, width], i) => {
    const block = blocks[i];
    if (block) addOuterProducts(block, buffer.subarray(from * rows, (from + width) * rows), rows);
  });
}

/** Mean patch of a group. */
export const meanPatch = (moments: Moments, group: number): Float64Array =>
  (moments.sums[group] ?? new Float64Array()).map((sum) => sum / Math.max(1, moments.count));

/** Turns the sums of a group into covariances, in place: what is left once a bias takes up the mean. */
export function centre(moments: Moments, group: number): readonly SquareMatrix[] {
  const mean = meanPatch(moments, group);
  const blocks = moments.blocks[group] ?? [];
  columnBlocks(mean.length).forEach(([from, width], i) => {
    const block = blocks[i];
    if (!block) return;
    for (let row = 0; row < width; row++) {
      const factor = -moments.count * (mean[from + row] ?? 0);
      addScaled(block.data.subarray(row * width, row * width + row + 1), factor, mean, from, row + 1);
    }
  });
  return blocks;
}
