import type { ArithmeticCosts } from '../../../src/compile/cost/model.js';
import { passesOver } from '../../../src/compile/cost/model.js';
import type { Arithmetic } from '../../../src/compile/pack/weights.js';
import type { Step } from '../../../src/compile/plan.js';

/** A kernel call with its nanoseconds and the quantities that they should be proportional to. */
export interface Sample {
  readonly kernel: string;
  readonly quantities: readonly number[];
  readonly nanoseconds: number;
}

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

function convolutionSample(step: Step): readonly number[] {
  const { pixels = 0, outChannels = 0, segments = 0, run = 0 } = step.parameters;
  const outputs = roundUp(pixels, 6) * roundUp(outChannels, 8);
  return [outputs * segments * run, outputs, 1];
}

function sparseSample(step: Step, arithmetic: Arithmetic, words: number): readonly number[] {
  const { pixels = 0, outChannels = 0 } = step.parameters;
  const { wide, narrow } = passesOver(pixels, arithmetic);
  return [words * wide, words * narrow, outChannels * (wide + narrow)];
}

/** What the cost model says about a step, if it says anything. */
export function sampleOf(
  step: Step,
  nanoseconds: number,
  arithmetic: Arithmetic,
  wordAt: (address: number) => number,
): Sample | undefined {
  const p = step.parameters;
  const sample = (quantities: readonly number[], kernel = step.kernel): Sample => ({
    ...{ kernel, quantities, nanoseconds },
  });
  switch (step.kernel) {
    case 'u8i8_conv_6x8':
    case 'u8i4_conv_6x8':
    case 'u8i2_conv_6x8':
      return sample(convolutionSample(step));
    case 'u8_stage':
      return sample([(p.images ?? 0) * (p.stagedHeight ?? 0) * (p.stagedWidth ?? 0) * (p.channels ?? 0), 1]);
    case 'u8i8_sparse_1x32':
    case 'u8i8_grouped_1x32':
      return sample(sparseSample(step, arithmetic, wordAt((p.starts ?? 0) + 4 * (p.outChannels ?? 0))));
    case 'u8i8_gathered_1x8': {
      const { pixels = 0, outChannels = 0, starts = 0 } = p;
      const channels = roundUp(outChannels, 8);
      return sample([pixels * wordAt(starts + 4 * channels), pixels * channels, 1]);
    }
    case 'u8_stage_planes':
      return sample(
        [roundUp(p.positions ?? 0, 8) * roundUp(p.channels ?? 0, 16), 1],
        p.group === 1 ? step.kernel : 'grouped planes',
      );
    case 'u8_unstage_planes':
      return sample(
        [(p.pixels ?? 0) * (p.channels ?? 0), 1],
        p.residual === 0 ? step.kernel : 'planes and residual',
      );
    default:
      return undefined;
  }
}

/** Coefficients of least squared relative errors that are not negative, by coordinate descent. */
export function fitted(samples: readonly Sample[]): readonly number[] {
  const rows = samples.map(({ quantities, nanoseconds }) => quantities.map((q) => q / nanoseconds));
  const coefficients = (rows[0] ?? []).map(() => 0);
  for (let sweep = 0; sweep < 20_000; sweep++) {
    const column = sweep % coefficients.length;
    let product = 0;
    let square = 0;
    for (const row of rows) {
      const own = row[column] ?? 0;
      const others = row.reduce((sum, q, i) => (i === column ? sum : sum + q * (coefficients[i] ?? 0)), 0);
      product += own * (1 - others);
      square += own * own;
    }
    coefficients[column] = square > 0 ? Math.max(0, product / square) : 0;
  }
  return coefficients;
}

/** Root mean square of the relative errors. */
export function errorOf(samples: readonly Sample[], coefficients: readonly number[]): number {
  const squares = samples.map(({ quantities, nanoseconds }) => {
    const predicted = quantities.reduce((sum, q, i) => sum + q * (coefficients[i] ?? 0), 0);
    return (predicted / nanoseconds - 1) ** 2;
  });
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

/** Costs of one arithmetic from samples of all its kernels; `report` gets the error of each fit. */
export function costsFrom(
  samples: readonly Sample[],
  report: (kernel: string, calls: number, error: number) => void,
): ArithmeticCosts {
  const of = (kernel: string): readonly number[] => {
    const own = samples.filter((sample) => sample.kernel === kernel);
    const coefficients = fitted(own);
    report(kernel, own.length, errorOf(own, coefficients));
    return coefficients.map((value) => Number(value.toPrecision(3)));
  };
  const [int8 = 0, output = 0, call = 0] = of('u8i8_conv_6x8');
  const [stage = 0] = of('u8_stage');
  const [planes = 0, planesCall = 0] = of('u8_stage_planes');
  const [unstage = 0] = of('u8_unstage_planes');
  const [unstageAndAdd = 0] = of('planes and residual');
  const [wide = 0, narrow = 0, pass = 0] = of('u8i8_sparse_1x32');
  const [word = 0, channel = 0, gatheredCall = 0] = of('u8i8_gathered_1x8');
  const [groupWide = 0, groupNarrow = 0, groupPass = 0] = of('u8i8_grouped_1x32');
  return {
    dense: {
      ...{ 8: int8, 4: of('u8i4_conv_6x8')[0] ?? 0, 2: of('u8i2_conv_6x8')[0] ?? 0, output, stage, call },
    },
    irregular: { wide, narrow, pass },
    grouped: { wide: groupWide, narrow: groupNarrow, pass: groupPass },
    gathered: { word, channel, call: gatheredCall },
    planes: {
      ...{ stage: planes, groupStage: of('grouped planes')[0] ?? 0, call: planesCall },
      ...{ unstage, add: Number(Math.max(0, unstageAndAdd - unstage).toPrecision(3)) },
    },
  };
}
