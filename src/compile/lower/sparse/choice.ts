import { type CostShape, denseCost, gatheredCost, sparseCost } from '../../cost/model.js';
import { costs } from '../../cost/table.js';
import { farthestGathered } from '../../pack/gathered.js';
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
import { type Arithmetic, kernelBitsFor, packedIntegerBytes } from '../../pack/weights.js';
import type { Choices, Context, Value } from '../context.js';
import { type Convolution, windowSize } from '../dense-part.js';

/** What a sparse convolution computes with. */
interface SparseProblem {
  readonly shape: SparseShape;
  /** Where weights are not zero, ascending. */
  readonly indices: Int32Array;
  readonly words: WordCount;
}

/** A sparse convolution over planes of its input. */
export interface PlanesPlan extends SparseProblem {
  readonly kind: 'planes';
  readonly layout: PlaneLayout;
  readonly rowChannels: RowChannels;
}

/** A sparse convolution that gathers its input, for few pixels. */
export interface GatheredPlan extends SparseProblem {
  readonly kind: 'gathered';
}

/** How a sparse convolution is to be computed. */
export type SparsePlan = PlanesPlan | GatheredPlan;

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

/** What the cost model asks of a convolution, and how it would be staged if its input were not turned into planes. */
interface Problem extends CostShape {
  readonly convolution: Convolution;
  readonly height: number;
  readonly width: number;
  readonly hasBorder: boolean;
  readonly arithmetic: Arithmetic;
}

function problemOf({ target }: Context, x: Value, convolution: Convolution, hasResidual: boolean): Problem {
  const [, channels = 1, height = 1, width = 1] = x.type.shape;
  const { images, outChannels, outHeight, outWidth, pads } = convolution;
  const [top = 0, left = 0, bottom = 0, right = 0] = pads;
  const hasBorder = pads.some((size) => size > 0);
  return {
    ...{ convolution, height, width, hasBorder, arithmetic: target.variant },
    ...{ outChannels, channels, window: windowSize(convolution), hasResidual },
    pixels: images * outHeight * outWidth,
    isStaged: hasBorder || target.dot !== 'usdot',
    stagedPixels: images * (height + top + bottom) * (width + left + right),
  };
}

/** A way to compute a convolution: its bytes of weights and predicted nanoseconds. */
interface Way {
  readonly form: Exclude<Choices['sparse'], 'never' | undefined>;
  readonly bytes: number;
  readonly nanoseconds: number;
  readonly plan: SparsePlan;
}

function planesWays(problem: Problem, sparse: SparseProblem): readonly Way[] {
  const { convolution, height, width, arithmetic } = problem;
  return planeLayouts({ ...convolution, height, width }).flatMap((layout) =>
    ([1, 4] as const).map((rowChannels): Way => {
      const form = rowChannels === 1 ? 'irregular' : 'grouped';
      const words = sparse.words[form] + fillingWords(problem, planePitch(layout));
      return {
        form,
        bytes: words * wordBytes(rowChannels),
        nanoseconds: sparseCost(costs[arithmetic], problem, layout, words, rowChannels, arithmetic),
        plan: { kind: 'planes', ...sparse, layout, rowChannels },
      };
    }),
  );
}

/** The way that gathers inputs, if 16 bits reach all of a patch. */
function gatheredWays(problem: Problem, sparse: SparseProblem): readonly Way[] {
  const { kernel, dilations, pads } = problem.convolution;
  const width = problem.width + (pads[1] ?? 0) + (pads[3] ?? 0);
  const rows = (kernel[0] - 1) * (dilations[0] ?? 1);
  const columns = (kernel[1] - 1) * (dilations[1] ?? 1);
  if ((rows * width + columns + 1) * problem.channels > farthestGathered) return [];
  const words = sparse.words.gathered;
  return [
    {
      form: 'gathered',
      bytes: words * wordBytes(4),
      nanoseconds: gatheredCost(costs[problem.arithmetic], problem, words, problem.hasBorder),
      plan: { kind: 'gathered', ...sparse },
    },
  ];
}

/**
 * The fastest way to compute a convolution by its weights that are not zero, in no more memory than dense weights take;
 * undefined where dense is faster.
 */
export function chooseSparse(
  context: Context,
  x: Value,
  convolution: Convolution,
  weights: Int8Array,
  hasResidual: boolean,
): SparsePlan | undefined {
  const forced = context.choices.sparse;
  if (convolution.groups > 1 || forced === 'never' || (!forced && isDense(weights))) return undefined;
  const problem = problemOf(context, x, convolution, hasResidual);
  const { outChannels, channels, window, arithmetic } = problem;
  const shape = { outChannels, channels, window };
  const indices = nonZeroIndices(weights);
  const sparse = { shape, indices, words: countWords(indices, shape) };
  const row = channels * window;
  const bits = kernelBitsFor(weights, row);
  const dense = packedIntegerBytes({ outChannels, segments: 1, segmentLength: row }, bits);
  let best: SparsePlan | undefined;
  let least = forced ? Infinity : denseCost(costs[arithmetic], problem, bits) / margin;
  for (const way of [...planesWays(problem, sparse), ...gatheredWays(problem, sparse)]) {
    if (way.nanoseconds >= least || (forced ? way.form !== forced : way.bytes > dense)) continue;
    least = way.nanoseconds;
    best = way.plan;
  }
  return best;
}
