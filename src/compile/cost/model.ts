import type { PlaneLayout } from '../pack/planes.js';
import { planePitch, type RowChannels, type SparseShape } from '../pack/sparse.js';
import { type Arithmetic, type KernelBits, roundUp } from '../pack/weights.js';

/** Nanoseconds of the steps of a sparse convolution: one word of weights over 32 or 16 pixels, one pass. */
export interface WordCosts {
  readonly wide: number;
  readonly narrow: number;
  /** A pass of 16 or 32 pixels of an output channel apart from its words. */
  readonly pass: number;
}

/** Nanoseconds of the steps of convolutions, measured on one thread. */
export interface ArithmeticCosts {
  /** One multiplication of a dense convolution by bits of its weights, one output, one staged element, one call. */
  readonly dense: Readonly<Record<KernelBits | 'output' | 'stage' | 'call', number>>;
  readonly irregular: WordCosts;
  readonly grouped: WordCosts;
  /** One group of weights that gathers its input, one output channel apart from them, one call. */
  readonly gathered: Readonly<Record<'word' | 'channel' | 'call', number>>;
  /** One element brought into planes of one or four channels and back, one sum of a residual, one call. */
  readonly planes: Readonly<Record<'stage' | 'groupStage' | 'unstage' | 'add' | 'call', number>>;
}

export type CostTable = Readonly<Record<Arithmetic, ArithmeticCosts>>;

/** What decides how long a convolution takes, apart from its weights. */
export interface CostShape extends SparseShape {
  /** Output pixels of all images. */
  readonly pixels: number;
  readonly isStaged: boolean;
  readonly stagedPixels: number;
  readonly hasResidual: boolean;
}

/** Passes of 32 and of 16 pixels over the weights of an output channel; without relaxed SIMD all are of 16. */
export interface Passes {
  readonly wide: number;
  readonly narrow: number;
}

export function passesOver(span: number, arithmetic: Arithmetic): Passes {
  const narrow = Math.ceil(span / 16);
  if (arithmetic === 'simd') return { wide: 0, narrow };
  return { wide: narrow >> 1, narrow: narrow & 1 };
}

/** Predicted nanoseconds of a dense integer convolution. */
export function denseCost(costs: ArithmeticCosts, shape: CostShape, bits: KernelBits): number {
  const { dense } = costs;
  const outputs = roundUp(shape.pixels, 6) * roundUp(shape.outChannels, 8);
  const depth = roundUp(shape.channels * shape.window, 4);
  const staging = shape.isStaged ? dense.stage * shape.stagedPixels * shape.channels + dense.call : 0;
  return dense.call + outputs * (depth * dense[bits] + dense.output) + staging;
}

/** Predicted nanoseconds of a sparse convolution with so many words of weights. */
export function sparseCost(
  costs: ArithmeticCosts,
  shape: CostShape,
  layout: PlaneLayout,
  words: number,
  rowChannels: RowChannels,
  arithmetic: Arithmetic,
): number {
  const { planes } = costs;
  const each = rowChannels === 1 ? costs.irregular : costs.grouped;
  const { wide, narrow } = passesOver(layout.span, arithmetic);
  const staged = planePitch(layout) * roundUp(shape.channels, 16);
  const outputs = shape.pixels * shape.outChannels;
  return (
    3 * planes.call +
    staged * (rowChannels === 1 ? planes.stage : planes.groupStage) +
    words * (wide * each.wide + narrow * each.narrow) +
    shape.outChannels * (wide + narrow) * each.pass +
    outputs * (planes.unstage + (shape.hasResidual ? planes.add : 0))
  );
}

/** Predicted nanoseconds of a sparse convolution that gathers its input with so many words of weights. */
export function gatheredCost(
  { dense, gathered }: ArithmeticCosts,
  shape: CostShape,
  words: number,
  hasBorder: boolean,
): number {
  const perPixel = words * gathered.word + roundUp(shape.outChannels, 8) * gathered.channel;
  const staging = hasBorder ? dense.stage * shape.stagedPixels * shape.channels + dense.call : 0;
  return gathered.call + shape.pixels * perPixel + staging;
}
