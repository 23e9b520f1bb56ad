import { denseCost, sparseCost } from '../../cost/model.js';
import { costs } from '../../cost/table.js';
import { type PlaneLayout, planeLayouts } from '../../pack/planes.js';
import {
  countWords,
  fillingWords,
  nonZeroIndices,
  planePitch,
  type RowChannels,
  type SparseShape,
  type WordCount,
  wordBytes,
} from '../../pack/sparse.js';
import { kernelBitsFor, packedIntegerBytes } from '../../pack/weights.js';
import type { Context, Value } from '../context.js';
import { type Convolution, windowSize } from '../dense-part.js';

/** How a sparse convolution is to be computed. */
export interface SparsePlan {
  readonly shape: SparseShape;
  readonly layout: PlaneLayout;
  readonly rowChannels: RowChannels;
  /** Where weights are not zero, ascending. */
  readonly indices: Int32Array;
  readonly words: WordCount;
}

/** Share of weights that are not zero above which no sparse kernel is faster. */
const densest = 0.8;
/** Weights looked at to tell dense layers at once. */
const samples = 1024;
/** A sparse kernel has to be predicted faster by this factor, so that errors of the prediction cost nothing. */
const margin = 1.15;

/** Whether hardly any weight is zero, judged by some that are scattered without regularity. */
function isDense(weights: Int8Array): boolean {
  let nonZero = 0;
  for (let i = 0; i < samples; i++) {
    if (weights[(Math.imul(i, 0x9e3779b1) >>> 0) % weights.length] !== 0) nonZero++;
  }
  return nonZero > densest * samples;
}

/**
 * The fastest way to compute a convolution by its weights that are not zero, in no more memory than dense weights take;
 * undefined where dense is faster.
 */
export function chooseSparse(
  { target, choices }: Context,
  x: Value,
  problem: Convolution,
  weights: Int8Array,
  hasResidual: boolean,
): SparsePlan | undefined {
  const forced = choices.sparse;
  if (problem.groups > 1 || forced === 'never' || (!forced && isDense(weights))) return undefined;
  const [, channels = 1, height = 1, width = 1] = x.type.shape;
  const { images, outChannels, outHeight, outWidth, pads } = problem;
  const shape: SparseShape = { outChannels, channels, window: windowSize(problem) };
  const hasBorder = pads.some((size) => size > 0);
  const costShape = {
    ...{ ...shape, hasResidual, pixels: images * outHeight * outWidth },
    isStaged: hasBorder || target.dot !== 'usdot',
    stagedPixels:
      images * (height + (pads[0] ?? 0) + (pads[2] ?? 0)) * (width + (pads[1] ?? 0) + (pads[3] ?? 0)),
  };
  const own = costs[target.variant];
  const indices = nonZeroIndices(weights);
  const words = countWords(indices, shape);
  const row = weights.length / outChannels;
  const bits = kernelBitsFor(weights, row);
  const denseBytes = packedIntegerBytes({ outChannels, segments: 1, segmentLength: row }, bits);
  let best: SparsePlan | undefined;
  let least = forced ? Infinity : denseCost(own, costShape, bits) / margin;
  for (const layout of planeLayouts({ ...problem, height, width })) {
    const filling = fillingWords(shape, planePitch(layout));
    for (const rowChannels of [1, 4] as const) {
      const form = rowChannels === 1 ? 'irregular' : 'grouped';
      if (forced && forced !== form) continue;
      const count = words[form] + filling;
      if (!forced && count * wordBytes(rowChannels) > denseBytes) continue;
      const cost = sparseCost(own, costShape, layout, count, rowChannels, target.variant);
      if (cost >= least) continue;
      least = cost;
      best = { shape, layout, rowChannels, indices, words };
    }
  }
  return best;
}
