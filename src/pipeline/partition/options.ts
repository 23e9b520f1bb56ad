import { type CutWidth, cutWidths, isCutWidth } from '../activation/width.js';
import { checkOptionNames, isAmount, isCount, rejectOption } from '../check.js';

/** What rounding activations at a cut costs, and how much of it all cuts together may cost. */
export interface AccuracyOptions {
  /**
   * Widths that a cut may have and what each costs, in any unit, points of accuracy for one: the same at every cut, or
   * a list with one entry a cut (entry 0: after the first layer). f32 may be used wherever it is not listed, for 0.
   */
  readonly costs: Readonly<Partial<Record<CutWidth, number | readonly number[]>>>;
  /** Greatest sum over all cuts. */
  readonly bound: number;
}

/** Micro-batches that a stage keeps room for, besides the one that it works on. */
export interface BufferOptions {
  /** In front of every stage but the first. Default: 2. */
  readonly receive?: number | undefined;
  /** Default: 2. */
  readonly send?: number | undefined;
}

export interface PartitionOptions {
  /**
   * 'period' (default): as many items a second as possible and, among such schedules, least latency or, with
   * `accuracy`, least cost. 'latency': a single item as soon as possible.
   */
  readonly objective?: 'period' | 'latency' | undefined;
  /** Greatest seconds between two micro-batches, for the objective 'latency'. Default: no limit. */
  readonly periodLimit?: number | undefined;
  /** Devices to use at most. Default: all. */
  readonly mostDevices?: number | undefined;
  /** Devices of one type that may share a stage, taking micro-batches in turns. Default: 1. */
  readonly mostReplicas?: number | undefined;
  /** Lets activations travel with fewer bits. Default: f32 at every cut. */
  readonly accuracy?: AccuracyOptions | undefined;
  readonly buffers?: BufferOptions | undefined;
}

const names: readonly (keyof PartitionOptions)[] = [
  'objective',
  'periodLimit',
  'mostDevices',
  'mostReplicas',
  'accuracy',
  'buffers',
];

function checkCost(cost: unknown, cuts: number, where: string): void {
  if (isAmount(cost)) return;
  if (!Array.isArray(cost)) rejectOption(where, 'must be a number of at least 0, or a list of them');
  if (cost.length !== cuts) {
    rejectOption(where, `must have ${cuts} entries, one for each cut between two layers, got ${cost.length}`);
  }
  const wrong = cost.findIndex((entry) => !isAmount(entry));
  if (wrong >= 0) rejectOption(`${where}[${wrong}]`, 'must be a number of at least 0');
}

function checkAccuracy({ costs, bound, ...rest }: AccuracyOptions, cuts: number): void {
  checkOptionNames(rest, ['costs', 'bound'], 'accuracy.');
  if (!isAmount(bound)) rejectOption('accuracy.bound', 'must be a number of at least 0');
  if (typeof costs !== 'object' || costs === null) rejectOption('accuracy.costs', 'must be an object');
  const widths = cutWidths.map(String);
  for (const [width, cost] of Object.entries(costs)) {
    if (!widths.includes(width))
      rejectOption(`accuracy.costs.${width}`, `is no width (known: ${widths.join(', ')})`);
    checkCost(cost, cuts, `accuracy.costs.${width}`);
  }
}

/** Throws `invalid-option` for options of a model of `layers` layers that do not exist or are impossible. */
export function checkPartitionOptions(options: PartitionOptions, layers: number): void {
  checkOptionNames(options, names);
  const { objective, periodLimit, mostDevices, mostReplicas, accuracy, buffers } = options;
  if (objective !== undefined && objective !== 'period' && objective !== 'latency') {
    rejectOption('objective', "must be 'period' or 'latency'");
  }
  if (periodLimit !== undefined && !(periodLimit > 0))
    rejectOption('periodLimit', 'must be a number above 0');
  if (periodLimit !== undefined && objective !== 'latency') {
    rejectOption('periodLimit', "is for the objective 'latency'");
  }
  for (const [name, value] of Object.entries({ mostDevices, mostReplicas })) {
    if (value !== undefined && !isCount(value)) rejectOption(name, 'must be an integer of at least 1');
  }
  if (accuracy !== undefined) checkAccuracy(accuracy, layers - 1);
  if (buffers !== undefined) {
    checkOptionNames(buffers, ['receive', 'send'], 'buffers.');
    for (const [name, value] of Object.entries(buffers)) {
      if (value !== undefined && !isCount(value, 0))
        rejectOption(`buffers.${name}`, 'must be an integer of at least 0');
    }
  }
}

/** A width that a cut may have, with what it costs there. */
export interface WidthChoice {
  readonly width: CutWidth;
  readonly cost: number;
}

/** Widths that the cut before layer `at` may have, the widest first; those too dear by themselves are left out. */
export function widthsAt(accuracy: AccuracyOptions | undefined, at: number): readonly WidthChoice[] {
  if (accuracy === undefined) return [{ width: 'f32', cost: 0 }];
  return cutWidths.filter(isCutWidth).flatMap((width) => {
    const costs = accuracy.costs[width] ?? (width === 'f32' ? 0 : undefined);
    const cost = typeof costs === 'object' ? costs[at - 1] : costs;
    return cost === undefined || cost > accuracy.bound ? [] : [{ width, cost }];
  });
}
