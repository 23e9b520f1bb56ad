import { SpikeletError } from '../../error.js';
import { randomIntegers, shuffled } from '../random.js';
import type { GroundTruth } from './cube.js';
import { checkSplitOptions, type PixelSplit, pixelsByClass, type SplitOptions } from './split.js';

export interface DisjointOptions extends SplitOptions {
  /** Rows and columns of the blocks, at least `patch`; by default several sizes are tried. */
  readonly block?: number;
}

type RandomInteger = (bound: number) => number;

/** Squares that cover a scene, the first shifted out of it by some rows and columns. */
interface Grid {
  readonly block: number;
  readonly top: number;
  readonly left: number;
  readonly across: number;
  readonly down: number;
}

const blockOf = ({ block, top, left, across }: Grid, row: number, column: number): number =>
  Math.floor((row + top) / block) * across + Math.floor((column + left) / block);

function randomGrid({ height, width }: GroundTruth, block: number, random: RandomInteger): Grid {
  const top = random(block);
  const left = random(block);
  return {
    block,
    top,
    left,
    across: Math.ceil((width + left) / block),
    down: Math.ceil((height + top) / block),
  };
}

const trainSide = 1;
const testSide = 2;

/** Number of pixels of each class in each block that has any. */
function countBlocks(
  { width }: GroundTruth,
  classes: readonly (readonly number[])[],
  grid: Grid,
): ReadonlyMap<number, ReadonlyMap<number, number>> {
  const counts = new Map<number, Map<number, number>>();
  const inBlocks = new Uint32Array(grid.across * grid.down);
  classes.forEach((pixels, c) => {
    inBlocks.fill(0);
    for (const pixel of pixels) {
      const block = blockOf(grid, Math.floor(pixel / width), pixel % width);
      inBlocks[block] = (inBlocks[block] ?? 0) + 1;
    }
    inBlocks.forEach((count, block) => {
      if (count === 0) return;
      const inBlock = counts.get(block) ?? new Map<number, number>();
      counts.set(block, inBlock.set(c, count));
    });
  });
  return counts;
}

/** A side for each block: one after the other goes where its classes are needed most. */
function assignBlocks(
  counts: ReadonlyMap<number, ReadonlyMap<number, number>>,
  classes: readonly (readonly number[])[],
  grid: Grid,
  share: number,
  random: RandomInteger,
): Uint8Array {
  const sides = new Uint8Array(grid.across * grid.down);
  const have = [classes.map(() => 0), classes.map(() => 0)] as const;
  const need = (side: 0 | 1, inBlock: ReadonlyMap<number, number>): number => {
    let sum = 0;
    for (const [c, count] of inBlock) {
      const target = (side === 0 ? share : 1 - share) * (classes[c]?.length ?? 0);
      sum += count * (1 - (have[side][c] ?? 0) / target);
    }
    return sum;
  };
  for (const [block, inBlock] of shuffled(counts, random)) {
    const side = need(0, inBlock) >= need(1, inBlock) ? 0 : 1;
    sides[block] = side === 0 ? trainSide : testSide;
    for (const [c, count] of inBlock) have[side][c] = (have[side][c] ?? 0) + count;
  }
  // Blocks without labels belong to the side of a neighbour, so that patches may reach into them.
  for (let block = 1; block < sides.length; block++)
    if (sides[block] === 0) sides[block] = sides[block - 1] ?? 0;
  for (let block = sides.length - 2; block >= 0; block--) {
    if (sides[block] === 0) sides[block] = sides[block + 1] ?? 0;
  }
  return sides;
}

interface Attempt {
  readonly train: readonly number[];
  readonly test: readonly number[];
  /** Classes that lack a side. */
  readonly missing: number;
  /** Mean deviation from the share plus the share of the pixels left out. */
  readonly loss: number;
}

/**
 * Keeps the pixels whose patch lies in blocks of their own side: then patches of the two sides have no pixel in
 * common. A patch is no larger than a block, so its corners tell.
 */
function keepInside(
  { height, width }: GroundTruth,
  classes: readonly (readonly number[])[],
  grid: Grid,
  sides: Uint8Array,
  options: SplitOptions,
): Attempt {
  const reach = (options.patch - 1) / 2;
  const kept = { train: [] as number[], test: [] as number[] };
  let [missing, deviation, total] = [0, 0, 0];
  for (const pixels of classes) {
    const before = [kept.train.length, kept.test.length] as const;
    for (const pixel of pixels) {
      const [row, column] = [Math.floor(pixel / width), pixel % width];
      const [top, bottom] = [Math.max(0, row - reach), Math.min(height - 1, row + reach)];
      const [left, right] = [Math.max(0, column - reach), Math.min(width - 1, column + reach)];
      const side = sides[blockOf(grid, top, left)];
      const isInside =
        side === sides[blockOf(grid, top, right)] &&
        side === sides[blockOf(grid, bottom, left)] &&
        side === sides[blockOf(grid, bottom, right)];
      if (!isInside) continue;
      (side === trainSide ? kept.train : kept.test).push(pixel);
    }
    const inTrain = kept.train.length - before[0];
    const inTest = kept.test.length - before[1];
    if (inTrain === 0 || inTest === 0) missing++;
    deviation += Math.abs(inTrain / Math.max(1, inTrain + inTest) - options.train);
    total += pixels.length;
  }
  const leftOut = 1 - (kept.train.length + kept.test.length) / total;
  return { ...kept, missing, loss: deviation / classes.length + leftOut };
}

/** Draws of grid and sides for each size of block. */
const attemptsEach = 24;

function blockSizes({ height, width }: GroundTruth, { patch, block }: DisjointOptions): readonly number[] {
  if (block === undefined) {
    const longest = Math.max(patch, Math.floor(Math.min(height, width) / 2));
    return [...new Set([2, 3, 4, 6].map((times) => Math.min(longest, Math.max(8, times * patch))))];
  }
  if (Number.isInteger(block) && block >= patch) return [block];
  throw new SpikeletError('invalid-option', `${block} is no size of blocks for patches of ${patch}`, {
    where: 'block',
  });
}

/**
 * Splits a scene by area: squares of it belong to training or test as a whole, and pixels whose patch would reach into
 * the other side are left out, so that no test patch shares a pixel with a training patch. Of several draws the one is
 * taken that has the most classes on both sides, then the one nearest to `train` with the fewest pixels left out.
 *
 * A class that lies in one small spot may end up on one side only: `splitWarnings` names it.
 *
 * @example
 * const split = disjointSplit(truth, { train: 0.4, patch: 5, seed: 1 });
 * overlapOf(split);   // 0
 */
export function disjointSplit(truth: GroundTruth, options: DisjointOptions): PixelSplit {
  checkSplitOptions(options);
  const classes = [...pixelsByClass(truth).values()];
  const { patch, seed = 0 } = options;
  const { height, width } = truth;
  const random = randomIntegers(seed);
  let best: Attempt | undefined;
  for (const block of blockSizes(truth, options)) {
    for (let attempt = 0; attempt < attemptsEach; attempt++) {
      const grid = randomGrid(truth, block, random);
      const sides = assignBlocks(countBlocks(truth, classes, grid), classes, grid, options.train, random);
      const found = keepInside(truth, classes, grid, sides, options);
      const isBetter =
        !best || found.missing < best.missing || (found.missing === best.missing && found.loss < best.loss);
      if (isBetter) best = found;
    }
  }
  if (!best || best.train.length === 0 || best.test.length === 0) {
    throw new SpikeletError(
      'invalid-input',
      `${height}x${width} pixels cannot be split into two areas for patches of ${patch}x${patch}`,
      { where: truth.name },
    );
  }
  return {
    kind: 'disjoint',
    height,
    width,
    patch,
    seed,
    train: Uint32Array.from(best.train).sort(),
    test: Uint32Array.from(best.test).sort(),
  };
}
