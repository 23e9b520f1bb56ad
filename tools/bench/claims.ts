import type { Arithmetic, NetworkName } from './networks/index.js';
import type { Claim, LatencyResult, Results } from './results.js';
import { type EngineName, nameOfPruning, type Pruning } from './sessions/session.js';
import { type Ratio, ratioOf } from './statistics.js';

/** An engine as a claim names it. */
interface Side {
  readonly engine: EngineName;
  readonly arithmetic: Arithmetic;
  readonly threads: number;
  readonly pruning?: Pruning;
}

/** In a runtime, `faster` is to be `goal` times as fast as `slower` on a network. */
interface LatencyClaim {
  readonly runtime: string;
  readonly network: NetworkName;
  readonly slower: Side;
  readonly faster: Side;
  readonly goal: number;
}

const own = (arithmetic: Arithmetic, threads = 1): Side => ({ engine: 'spikelet', arithmetic, threads });
const ort = (arithmetic: Arithmetic): Side => ({ engine: 'onnxruntime-web', arithmetic, threads: 1 });
const tfjs: Side = { engine: 'tfjs', arithmetic: 'f32', threads: 1 };

const claimsOf = (
  runtime: string,
  network: NetworkName,
  pairs: readonly (readonly [slower: Side, faster: Side, goal: number])[],
): readonly LatencyClaim[] =>
  pairs.map(([slower, faster, goal]) => ({ runtime, network, slower, faster, goal }));

const floats = [
  [ort('f32'), own('f32'), 1.2],
  [tfjs, own('f32'), 1],
] as const;

const lowBits = [
  [own(8), own(4), 1],
  [own(8), own(2), 1],
] as const;

/** A pruned network has to be `overDense` and `overOrt` times as fast. */
const prunedPairs = (pruning: Pruning, overDense: number, overOrt?: number) => {
  const faster: Side = { ...own(8), pruning };
  const dense = [own(8), faster, overDense] as const;
  return overOrt === undefined ? [dense] : [dense, [{ ...ort(8), pruning }, faster, overOrt] as const];
};

const latencyClaims: readonly LatencyClaim[] = [
  ...claimsOf('Node 26', 'resnet18', [
    [ort(8), own(8), 2.5],
    [ort('f32'), own(8), 4.5],
    ...floats,
    ...lowBits,
    [own(8), own(8, 2), 1.6],
    ...prunedPairs({ pattern: 'irregular', density: 0.1 }, 3, 8),
    ...prunedPairs({ pattern: 'irregular', density: 0.05 }, 5, 12),
    ...prunedPairs({ pattern: 'grouped', density: 0.1 }, 6),
  ]),
  ...claimsOf('Node 26', 'vgg16', [[ort(8), own(8), 2.5], ...floats, ...lowBits]),
  ...claimsOf('Node 20', 'resnet18', [[ort(8), own(8), 1.25]]),
];

const numberFormat = (arithmetic: Arithmetic): string => (arithmetic === 'f32' ? 'fp32' : `int${arithmetic}`);

const describe = ({ engine, arithmetic, threads, pruning }: Side): string =>
  [
    `${engine} ${numberFormat(arithmetic)}`,
    ...(pruning ? [`${nameOfPruning(pruning)} pruned`] : []),
    ...(threads === 1 ? [] : [`${threads} threads`]),
  ].join(', ');

const samePruning = (a: Pruning | undefined, b: Pruning | undefined): boolean =>
  a?.pattern === b?.pattern && a?.density === b?.density;

function samplesOf(result: LatencyResult, side: Side): readonly number[] | undefined {
  const cell = result.cells.find(
    ({ engine, arithmetic, threads, pruning }) =>
      engine === side.engine &&
      arithmetic === side.arithmetic &&
      threads === side.threads &&
      samePruning(pruning, side.pruning),
  );
  return cell?.samples;
}

function latencyRatio(latency: readonly LatencyResult[], claim: LatencyClaim): Ratio | undefined {
  // A comparison of numbers of threads is in the session of the greater number, all others in their own.
  const threads = Math.max(claim.slower.threads, claim.faster.threads);
  const sessions = latency.filter(
    ({ runtime, network, ...session }) =>
      runtime === claim.runtime && network === claim.network && session.threads === threads,
  );
  for (const session of sessions) {
    const slower = samplesOf(session, claim.slower);
    const faster = samplesOf(session, claim.faster);
    if (slower && faster) return ratioOf(slower, faster);
  }
  return undefined;
}

function checkLatency(latency: readonly LatencyResult[], claim: LatencyClaim): readonly Claim[] {
  const measured = latencyRatio(latency, claim);
  if (!measured) return [];
  const { runtime, network, slower, faster, goal } = claim;
  const text = `${network}, ${runtime}: ${describe(faster)} against ${describe(slower)}`;
  return [{ claim: text, measured, goal, unit: 'times', met: measured.ratio >= goal }];
}

const processGoals = { 'cold start': 8, 'memory added': 4 } as const;

function checkProcesses({ processes }: Pick<Results, 'processes'>): readonly Claim[] {
  return processes.flatMap(({ quantity, runtime, arithmetic, ratio }) => {
    if (quantity !== 'cold start' && quantity !== 'memory added') return [];
    if (runtime !== 'Node 26' || arithmetic !== 8) return [];
    const goal = processGoals[quantity];
    const claim = `resnet18 int8, ${runtime}: ${quantity} against onnxruntime-web int8`;
    return [{ claim, measured: ratio, goal, unit: 'times' as const, met: ratio.ratio >= goal }];
  });
}

const peakGoal = 0.7;

function checkKernels({ kernels }: Pick<Results, 'kernels'>): readonly Claim[] {
  return kernels.flatMap(({ runtime, rates }) => {
    if (runtime !== 'Node 26') return [];
    return rates
      .filter(({ kernel }) => kernel === 'u8i8_conv_6x8')
      .map(({ kernel, shape, ofPeak }) => {
        const claim = `${kernel} on ${shape}, ${runtime}: share of the peak of one core`;
        return { claim, measured: ofPeak, goal: peakGoal, unit: 'share', met: ofPeak.ratio >= peakGoal };
      });
  });
}

const downloadGoal = 60;

function checkDownload({ downloads }: Pick<Results, 'downloads'>): readonly Claim[] {
  const ours = downloads.find(({ engine }) => engine === 'spikelet');
  if (!ours) return [];
  const ratio = ours.gzip / 1000;
  const claim = 'download: runtime and one kernel variant, gzip';
  const measured = { ratio, low: ratio, high: ratio };
  return [{ claim, measured, goal: downloadGoal, unit: 'KB', met: ratio <= downloadGoal }];
}

/** What was to be reached, with what the results say; claims without a measurement are left out. */
export const checkClaims = (results: Omit<Results, 'claims'>): readonly Claim[] => [
  ...latencyClaims.flatMap((claim) => checkLatency(results.latency, claim)),
  ...checkProcesses(results),
  ...checkKernels(results),
  ...checkDownload(results),
];
