import type { Pace } from '../alternate.js';
import type { Arithmetic, NetworkName } from '../networks/index.js';
import type { Pattern } from '../sparse/pruned.js';

export type EngineName = 'spikelet' | 'onnxruntime-web' | 'tfjs';

/** What is left of a network's weights. */
export interface Pruning {
  readonly pattern: Pattern;
  readonly density: number;
}

/** One of the engines that run side by side. */
export interface Entrant {
  readonly engine: EngineName;
  readonly arithmetic: Arithmetic;
  readonly threads: number;
  readonly pruning?: Pruning;
}

/** One process that runs a network on several engines in turn. */
export interface Session {
  readonly network: NetworkName;
  readonly entrants: readonly Entrant[];
  readonly pace: Pace;
}

/** How far two engines' scores are apart; for integers in steps of the output's scale. */
export interface Agreement {
  readonly arithmetic: Arithmetic;
  readonly difference: number;
  readonly allowed: number;
  readonly unit: 'of the largest score' | 'steps';
}

export interface Timing extends Entrant {
  readonly about?: string;
  /** Milliseconds of a run, one sample a round. */
  readonly samples: readonly number[];
}

export interface SessionResult {
  readonly network: NetworkName;
  readonly agreements: readonly Agreement[];
  readonly timings: readonly Timing[];
}

/** The entrants of a comparison with one or two threads. */
export function entrantsFor(threads: number): readonly Entrant[] {
  const own = ([8, 4, 2, 'f32'] as const).map(
    (arithmetic): Entrant => ({ engine: 'spikelet', arithmetic, threads }),
  );
  const others: readonly Entrant[] = [
    { engine: 'onnxruntime-web', arithmetic: 8, threads },
    { engine: 'onnxruntime-web', arithmetic: 'f32', threads },
  ];
  // tfjs has no threads in Node; with more threads our own single thread is the other comparison.
  const extra: readonly Entrant[] =
    threads === 1
      ? [{ engine: 'tfjs', arithmetic: 'f32', threads }]
      : [
          { engine: 'spikelet', arithmetic: 8, threads: 1 },
          { engine: 'spikelet', arithmetic: 'f32', threads: 1 },
        ];
  return [...own, ...others, ...extra];
}

/** The prunings that are compared with the dense network. */
export const prunings: readonly Pruning[] = [
  { pattern: 'irregular', density: 0.1 },
  { pattern: 'irregular', density: 0.05 },
  { pattern: 'grouped', density: 0.1 },
  { pattern: 'grouped', density: 0.05 },
];

export const nameOfPruning = ({ pattern, density }: Pruning): string =>
  `${pattern} ${Math.round(100 * (1 - density))} %`;

/** A pruned int8 network against the dense one, and against the pruned one in onnxruntime-web. */
export const prunedEntrants = (pruning: Pruning): readonly Entrant[] => [
  { engine: 'spikelet', arithmetic: 8, threads: 1 },
  { engine: 'spikelet', arithmetic: 8, threads: 1, pruning },
  { engine: 'onnxruntime-web', arithmetic: 8, threads: 1, pruning },
];
