import { SpikeletError } from '../../error.js';
import { knownNames } from '../../graph/closest.js';
import type { Executor } from '../../graph/executor.js';
import type { WeightBits } from '../../graph/tensor.js';

export interface SpikingOptions {
  /** Time steps of the spiking graph. Default: 5. */
  readonly steps?: number | undefined;
  /** Time steps during which thresholds are found. Default: 100. */
  readonly searchSteps?: number | undefined;
  /** Percent of the weighted inputs of a layer that stay below its threshold. Default: 99.7. */
  readonly percentile?: number | undefined;
  /** Factor for all thresholds: below 1 there are more spikes, which few steps need. Default: 1. */
  readonly thresholdScale?: number | undefined;
  /** Bits of the weights over spikes, whose scales become part of the thresholds. Default: f32 weights. */
  readonly weightBits?: WeightBits | undefined;
  /** What runs the graphs. Default: the reference interpreter, which is slow. */
  readonly executor?: Executor | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Rule = readonly [expects: string, accepts: (value: unknown) => boolean];

const isNumber = (value: unknown, least: number, greatest: number): value is number =>
  typeof value === 'number' && value >= least && value <= greatest;
const steps: Rule = ['an integer from 1 to 65536', (v) => isNumber(v, 1, 65536) && Number.isInteger(v)];

const rules: Readonly<Record<keyof SpikingOptions, Rule>> = {
  steps,
  searchSteps: steps,
  percentile: ['a number above 50, at most 100', (v) => isNumber(v, 50, 100) && v !== 50],
  thresholdScale: ['a number above 0, at most 100', (v) => isNumber(v, 0, 100) && v !== 0],
  weightBits: ['an integer from 2 to 8', (v) => isNumber(v, 2, 8) && Number.isInteger(v)],
  executor: ['a function', (v) => typeof v === 'function'],
  signal: ['an AbortSignal', (v) => typeof v === 'object' && v !== null && 'aborted' in v],
};

/** Throws `invalid-option` for an option that does not exist or has an impossible value. */
export function checkSpikingOptions(options: SpikingOptions): void {
  const known: Readonly<Record<string, Rule>> = rules;
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!rule) {
      const message = `toSpiking has no such option${knownNames(name, Object.keys(rules))}`;
      throw new SpikeletError('invalid-option', message, { where: name });
    }
    const [expects, accepts] = rule;
    if (value !== undefined && !accepts(value)) {
      throw new SpikeletError('invalid-option', `must be ${expects}`, { where: name });
    }
  }
}
