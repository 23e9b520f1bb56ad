import { checkOptionNames, isAmount, isCount, rejectOption } from '../check.js';
import type { Schedule } from '../schedule.js';
import { greatestSpread } from './jitter.js';

/** A device that stops for good. */
export interface Loss {
  readonly device: string;
  /** Seconds after the beginning. */
  readonly at: number;
}

export interface SimulateOptions {
  /** Micro-batches to send through. Default: 200. */
  readonly items?: number | undefined;
  /** Seconds from one micro-batch to the next at the source. Default: 0, the next one is always there. */
  readonly interval?: number | undefined;
  /**
   * Micro-batches that a device takes in before it has begun them. Default: 2, and as many more as are under way on
   * its link.
   */
  readonly credits?: number | undefined;
  /** Standard deviation of the seconds of each step, as a share of them: 0 to 0.28. Default: 0. */
  readonly jitter?: number | undefined;
  /** Of the jitter. Default: 1. */
  readonly seed?: number | undefined;
  readonly losses?: readonly Loss[] | undefined;
  /** Seconds until a loss is known. Default: 1. */
  readonly detectSeconds?: number | undefined;
  /** The schedule to go on with where a stage has lost its last device. Default: none, the pipeline stands still. */
  readonly replan?: ((lost: readonly string[]) => Schedule | undefined) | undefined;
  /** Seconds until a new schedule's stages have their weights. Default: 0. */
  readonly restartSeconds?: number | undefined;
  /** Whether to record what each part did when. Default: false. */
  readonly trace?: boolean | undefined;
}

const names: readonly (keyof SimulateOptions)[] = [
  'items',
  'interval',
  'credits',
  'jitter',
  'seed',
  'losses',
  'detectSeconds',
  'replan',
  'restartSeconds',
  'trace',
];

const mostItems = 1_000_000;

/** Throws `invalid-option` for options that do not exist or are impossible. */
export function checkSimulateOptions(options: SimulateOptions, devices: readonly string[]): void {
  checkOptionNames(options, names);
  const { items, interval, credits, jitter, seed, losses = [], detectSeconds, restartSeconds } = options;
  if (items !== undefined && !(isCount(items) && items <= mostItems)) {
    rejectOption('items', `must be an integer from 1 to ${mostItems}`);
  }
  if (credits !== undefined && !isCount(credits)) rejectOption('credits', 'must be an integer of at least 1');
  for (const [name, value] of Object.entries({ interval, detectSeconds, restartSeconds })) {
    if (value !== undefined && !isAmount(value))
      rejectOption(name, 'must be a number of seconds, at least 0');
  }
  if (jitter !== undefined && !(isAmount(jitter) && jitter <= greatestSpread)) {
    rejectOption('jitter', `must be a number from 0 to ${greatestSpread}`);
  }
  if (seed !== undefined && !Number.isSafeInteger(seed)) rejectOption('seed', 'must be an integer');
  losses.forEach(({ device, at }, i) => {
    if (!isAmount(at)) rejectOption(`losses[${i}].at`, 'must be a number of seconds, at least 0');
    if (!devices.includes(device)) {
      rejectOption(`losses[${i}].device`, `'${device}' runs no stage (those that do: ${devices.join(', ')})`);
    }
  });
}
