import type { Pace } from './alternate.js';
import { type Arithmetic, type NetworkName, networks } from './networks/index.js';
import type { NodeRuntime, Runtime } from './runtimes.js';
import { entrantsFor, nameOfPruning, prunedEntrants, prunings, type Session } from './sessions/session.js';

/** One thing that is measured. `name` is what `--only` looks in. */
export type Benchmark =
  | {
      readonly kind: 'latency';
      readonly name: string;
      readonly runtime: Runtime;
      readonly threads: number;
      readonly session: Session;
    }
  | {
      readonly kind: 'cold start' | 'memory';
      readonly name: string;
      readonly runtime: NodeRuntime;
      readonly arithmetic: Arithmetic;
      readonly count: number;
    }
  | {
      readonly kind: 'kernels';
      readonly name: string;
      readonly runtime: NodeRuntime;
      readonly rounds: number;
    }
  | { readonly kind: 'download'; readonly name: 'download' };

const slug = (text: string): string => text.toLowerCase().replaceAll(' ', '-');

function latencyBenchmarks(runtimes: readonly Runtime[], pace: Pace): readonly Benchmark[] {
  const names = Object.keys(networks) as readonly NetworkName[];
  return runtimes.flatMap((runtime) =>
    [1, 2].flatMap((threads) =>
      names.map((network): Benchmark => {
        const settled = { ...pace, rest: threads === 1 ? 0 : pace.rest };
        const session = { network, entrants: entrantsFor(threads), pace: settled };
        const name = `latency/${slug(runtime.name)}/${network}/${threads}-thread`;
        return { kind: 'latency', name, runtime, threads, session };
      }),
    ),
  );
}

function prunedBenchmarks(runtimes: readonly Runtime[], pace: Pace): readonly Benchmark[] {
  return runtimes.flatMap((runtime) =>
    prunings.map((pruning): Benchmark => {
      const session = {
        network: 'resnet18',
        entrants: prunedEntrants(pruning),
        pace: { ...pace, rest: 0 },
      } as const;
      const name = `latency/${slug(runtime.name)}/resnet18/${slug(nameOfPruning(pruning)).replace('-%', '')}`;
      return { kind: 'latency', name, runtime, threads: 1, session };
    }),
  );
}

function processBenchmarks(runtimes: readonly Runtime[], count: number): readonly Benchmark[] {
  const nodes = runtimes.filter((runtime) => runtime.kind === 'node');
  return (['cold start', 'memory'] as const).flatMap((kind) =>
    nodes.flatMap((runtime) =>
      ([8, 'f32'] as const).map((arithmetic): Benchmark => {
        const name = `${slug(kind)}/${slug(runtime.name)}/resnet18/${arithmetic === 8 ? 'int8' : 'f32'}`;
        return { kind, name, runtime, arithmetic, count };
      }),
    ),
  );
}

const kernelBenchmarks = (runtimes: readonly Runtime[], rounds: number): readonly Benchmark[] =>
  runtimes
    .filter((runtime) => runtime.kind === 'node')
    .map((runtime) => ({ kind: 'kernels', name: `kernels/${slug(runtime.name)}`, runtime, rounds }));

/** Everything that can be measured with these runtimes. */
export function planBenchmarks(runtimes: readonly Runtime[], quick: boolean): readonly Benchmark[] {
  const pace = { rounds: quick ? 7 : 31, burst: 3, rest: 15 };
  return [
    ...latencyBenchmarks(runtimes, pace),
    ...prunedBenchmarks(runtimes, pace),
    ...processBenchmarks(runtimes, quick ? 3 : 9),
    ...kernelBenchmarks(runtimes, pace.rounds),
    { kind: 'download', name: 'download' },
  ];
}
