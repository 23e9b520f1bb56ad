import { SpikeletError } from '../../error.js';
import { randomIntegers, shuffled } from '../random.js';
import { checkGroundTruth, classesOf, type GroundTruth } from './cube.js';
import { checkPatchSize } from './patches.js';

/** Labelled pixels to train on and to test on, each `row * width + column`, ascending. */
export interface PixelSplit {
  /** `random`: drawn class by class; `disjoint`: no patch of one side overlaps one of the other. */
  readonly kind: 'random' | 'disjoint';
  readonly height: number;
  readonly width: number;
  /** Size of the patches that the split is made for. */
  readonly patch: number;
  readonly seed: number;
  readonly train: Uint32Array;
  readonly test: Uint32Array;
}

export interface SplitOptions {
  /** Share of the labelled pixels to train on, above 0 and below 1. */
  readonly train: number;
  /** Size of the patches, odd. */
  readonly patch: number;
  /** The same seed gives the same split (default 0). */
  readonly seed?: number;
}

export function checkSplitOptions({ train, patch }: SplitOptions): void {
  checkPatchSize(patch);
  if (train > 0 && train < 1) return;
  throw new SpikeletError('invalid-option', `${train} is no share; expected a number above 0 and below 1`, {
    where: 'train',
  });
}

/** Positions of each class, ascending. */
export function pixelsByClass(truth: GroundTruth): ReadonlyMap<number, readonly number[]> {
  checkGroundTruth(truth);
  const pixels = new Map<number, number[]>(classesOf(truth).map((label) => [label, []]));
  if (pixels.size === 0) {
    throw new SpikeletError('invalid-input', 'no pixel is labelled', { where: truth.name });
  }
  truth.labels.forEach((label, i) => {
    pixels.get(label)?.push(i);
  });
  return pixels;
}

/**
 * Draws pixels of each class at random: the usual protocol, and one that flatters. Patches around training pixels
 * cover pixels around them, so a network is tested on what it has seen: print `splitWarnings` with the result and
 * report a disjoint split beside it.
 *
 * Each class gives `train` of its pixels, rounded, but at least one to either side if it has two.
 *
 * @example
 * const split = randomSplit(truth, { train: 0.4, patch: 5, seed: 1 });
 */
export function randomSplit(truth: GroundTruth, options: SplitOptions): PixelSplit {
  checkSplitOptions(options);
  const { patch, seed = 0 } = options;
  const random = randomIntegers(seed);
  const train: number[] = [];
  const test: number[] = [];
  for (const pixels of pixelsByClass(truth).values()) {
    const wanted = Math.round(options.train * pixels.length);
    const count = Math.max(1, Math.min(pixels.length - 1, wanted));
    const order = shuffled(pixels, random);
    train.push(...order.slice(0, count));
    test.push(...order.slice(count));
  }
  const { height, width } = truth;
  return {
    kind: 'random',
    height,
    width,
    patch,
    seed,
    train: Uint32Array.from(train).sort(),
    test: Uint32Array.from(test).sort(),
  };
}

/** Share of the test patches that overlap a patch of the training, 0 to 1. */
export function overlapOf({ height, width, patch, train, test }: PixelSplit): number {
  if (test.length === 0) return 0;
  // Number of training pixels above and to the left, so that those within any rectangle are four look-ups.
  const stride = width + 1;
  const above = new Uint32Array((height + 1) * stride);
  for (const pixel of train) above[(Math.floor(pixel / width) + 1) * stride + (pixel % width) + 1] = 1;
  for (let row = 1; row <= height; row++) {
    let inRow = 0;
    for (let column = 1; column <= width; column++) {
      const at = row * stride + column;
      inRow += above[at] ?? 0;
      above[at] = inRow + (above[at - stride] ?? 0);
    }
  }
  const reach = patch - 1;
  let overlapping = 0;
  for (const pixel of test) {
    const [row, column] = [Math.floor(pixel / width), pixel % width];
    const [top, bottom] = [Math.max(0, row - reach), Math.min(height, row + reach + 1)];
    const [left, right] = [Math.max(0, column - reach), Math.min(width, column + reach + 1)];
    const count =
      (above[bottom * stride + right] ?? 0) -
      (above[top * stride + right] ?? 0) -
      (above[bottom * stride + left] ?? 0) +
      (above[top * stride + left] ?? 0);
    if (count > 0) overlapping++;
  }
  return overlapping / test.length;
}

/**
 * What has to be said beside results of a split: that a random one leaks, and which classes lack a side.
 *
 * @example
 * for (const warning of splitWarnings(split, truth)) console.error(warning);
 */
export function splitWarnings(split: PixelSplit, truth: GroundTruth): readonly string[] {
  const warnings: string[] = [];
  const overlap = overlapOf(split);
  if (overlap > 0) {
    const share = (100 * overlap).toFixed(1);
    warnings.push(
      `warning: this ${split.kind} split leaks: ${share} % of the ${split.patch}x${split.patch} test patches overlap ` +
        'training patches, so accuracies are too good; report a spatially disjoint split beside it',
    );
  }
  const present = (pixels: Uint32Array): ReadonlySet<number> =>
    new Set(Array.from(pixels, (pixel) => truth.labels[pixel] ?? 0));
  const [inTrain, inTest] = [present(split.train), present(split.test)];
  const nameOf = (label: number): string => truth.classNames?.[label] ?? `class ${label}`;
  for (const [what, has] of [
    ['to train on', inTrain],
    ['to test on', inTest],
  ] as const) {
    const lacking = classesOf(truth).filter((label) => !has.has(label));
    if (lacking.length > 0) warnings.push(`warning: no pixels ${what} of ${lacking.map(nameOf).join(', ')}`);
  }
  return warnings;
}
