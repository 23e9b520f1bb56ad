import type { Download } from './download.js';
import type { KernelResult } from './kernels/compare.js';
import type { Arithmetic, NetworkName } from './networks/index.js';
import type { ProcessComparison } from './process/compare.js';
import type { Agreement, EngineName, Pruning } from './sessions/session.js';
import type { Ratio, Spread } from './statistics.js';

export interface LatencyCell {
  readonly engine: EngineName;
  readonly arithmetic: Arithmetic;
  readonly threads: number;
  readonly pruning?: Pruning;
  readonly about?: string;
  readonly milliseconds: Spread;
  /** One a round; samples of one round were taken side by side. */
  readonly samples: readonly number[];
}

/** One session: a network in a runtime, all engines in turn in one process. */
export interface LatencyResult {
  readonly runtime: string;
  readonly network: NetworkName;
  readonly threads: number;
  readonly cells: readonly LatencyCell[];
  readonly agreements: readonly Agreement[];
}

/** Something that is to hold, with what was measured. */
export interface Claim {
  readonly claim: string;
  readonly measured: Ratio;
  readonly goal: number;
  /** `times` and `share`: at least the goal. `KB`: at most. */
  readonly unit: 'times' | 'share' | 'KB';
  readonly met: boolean;
}

export interface Results {
  readonly date: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly load: number;
    readonly runtimes: Readonly<Record<string, string>>;
  };
  readonly quick: boolean;
  readonly latency: readonly LatencyResult[];
  readonly processes: readonly ProcessComparison[];
  readonly kernels: readonly KernelResult[];
  readonly downloads: readonly Download[];
  readonly claims: readonly Claim[];
}
