import { SpikeletError } from '../../error.js';
import { checkOptionNames } from '../check.js';
import { checkDevices, checkNetwork, type Device, type Network } from '../device.js';
import { checkProfile, isMeasuredOn, type ModelProfile } from '../profile.js';
import { bottleneckOf, type LoadedPart, latencyOf, type Schedule } from '../schedule.js';
import { ceilingsOf, leastPeriod } from './ceilings.js';
import { refusal } from './impossible.js';
import { type Found, firstAtLeast, leastCeiling } from './least.js';
import { checkPartitionOptions, type PartitionOptions, widthsAt } from './options.js';
import { place } from './place.js';
import { type Problem, problemOf } from './problem.js';
import { type Criterion, type FoundStage, search, searchSpace } from './search.js';

/** The answer of the partitioner. */
export interface Partition {
  readonly schedule: Schedule;
  /** Seconds between two micro-batches: those of the bottleneck. */
  readonly period: number;
  /** Seconds that a single micro-batch takes. */
  readonly latency: number;
  /** Items a second; `Infinity`, in JSON null, where no stage takes any time. */
  readonly throughput: number;
  /** Sum of the costs of rounded cuts. */
  readonly accuracyCost: number;
  readonly bottleneck: LoadedPart;
  /** Names of devices that no stage runs on. */
  readonly unused: readonly string[];
  /** What was left out and why. */
  readonly warnings: readonly string[];
}

/** A checked question with what it is answered from. */
interface Question {
  readonly devices: readonly Device[];
  readonly network: Network;
  readonly options: PartitionOptions;
  readonly problem: Problem;
  readonly ceilings: Float64Array;
  readonly warnings: readonly string[];
  /** The best schedule with no period above a ceiling. */
  find(ceiling: number, criterion: Criterion): Found | undefined;
}

/** Hands out the devices of each class in the order in which they were given. */
function scheduleOf(question: Omit<Question, 'find' | 'ceilings'>, stages: readonly FoundStage[]): Schedule {
  const { problem, devices, network, options } = question;
  const left = problem.classes.map((own) => own.devices.map(({ name }) => name));
  const places = stages.map(({ unit, begin }, i) => {
    const next = stages[i + 1];
    const counts = problem.units[unit]?.counts ?? [];
    return {
      devices: counts.flatMap((count, c) => left[c]?.splice(0, count) ?? []),
      layers: (next?.begin ?? problem.layers) - begin,
      sends: next?.arrival,
    };
  });
  return place(problem.profile, devices, network, places, options.buffers);
}

function questionOf(
  profile: ModelProfile,
  all: readonly Device[],
  network: Network,
  options: PartitionOptions,
): Question {
  checkProfile(profile);
  checkDevices(all);
  checkNetwork(network, all);
  checkPartitionOptions(options, profile.layers.length);
  const devices = all.filter(({ type }) => isMeasuredOn(profile, type));
  const unknown = new Set(all.filter((device) => !devices.includes(device)).map(({ type }) => type));
  const warnings = [...unknown].map(
    (type) => `the profile has no times on devices of type '${type}': left out`,
  );
  if (devices.length === 0) {
    throw new SpikeletError(
      'invalid-input',
      `the profile was measured on none of the types ${[...unknown].join(', ')}`,
      {
        where: 'devices',
      },
    );
  }
  const problem = problemOf(profile, devices, network, options);
  const space = searchSpace(problem);
  const base = { devices, network, options, problem, warnings };
  const find: Question['find'] = (ceiling, criterion) => {
    const stages = search(problem, space, ceiling, criterion);
    return stages && { stages, period: bottleneckOf(scheduleOf(base, stages)).period };
  };
  return { ...base, ceilings: ceilingsOf(problem), find };
}

function answer(question: Question, stages: readonly FoundStage[]): Partition {
  const schedule = scheduleOf(question, stages);
  const bottleneck = bottleneckOf(schedule);
  const used = new Set(schedule.stages.flatMap((stage) => stage.devices));
  const costs = stages.slice(1).map(({ begin, arrival }) => {
    return widthsAt(question.options.accuracy, begin).find(({ width }) => width === arrival)?.cost ?? 0;
  });
  return {
    schedule,
    period: bottleneck.period,
    latency: latencyOf(schedule),
    throughput: schedule.batch / bottleneck.period,
    accuracyCost: costs.reduce((sum, cost) => sum + cost, 0),
    bottleneck,
    unused: question.devices.map(({ name }) => name).filter((name) => !used.has(name)),
    warnings: question.warnings,
  };
}

function leastPeriodOf(question: Question): Found | undefined {
  const { problem, ceilings, options, find } = question;
  const criterion = options.accuracy ? 'cost' : 'latency';
  return leastCeiling(ceilings, leastPeriod(problem), (ceiling) => find(ceiling, criterion));
}

const latencyCriterion = ({ accuracy }: PartitionOptions): Criterion => (accuracy ? 'both' : 'latency');

/**
 * The best way to place a model's layers on devices, in stages of neighbouring layers: exact for the figures given.
 * Every device runs at most one stage, some may run none. Pure: it looks at nothing but its arguments.
 *
 * @throws SpikeletError `invalid-input` for data and `invalid-option` for options that cannot be, naming the field;
 * `out-of-memory` where no schedule fits; `unsupported` where there are too many kinds of devices for an exact search.
 * @example
 * import { partition } from 'spikelet/pipeline';
 *
 * const layer = { seconds: { board: 0.2, phone: 0.1 }, weightBytes: 4e6, peakBytes: 0, outputs: [150_000] };
 * const profile = {
 *   model: 'six layers',
 *   batch: 1,
 *   inputs: [150_528],
 *   layers: Array.from({ length: 6 }, (_, i) => ({ name: `layer ${i + 1}`, ...layer })),
 * };
 * const devices = [
 *   { name: 'a', type: 'board', memory: 64e6 },
 *   { name: 'b', type: 'phone', memory: 64e6 },
 * ];
 * const { period, schedule } = partition(profile, devices, { link: { bytesPerSecond: 12.5e6, latency: 0.001 } });
 * console.log(period.toFixed(1), schedule.stages.map(({ devices, begin, end }) => [...devices, begin, end]));
 */
export function partition(
  profile: ModelProfile,
  devices: readonly Device[],
  network: Network = {},
  options: PartitionOptions = {},
): Partition {
  const question = questionOf(profile, devices, network, options);
  const found =
    options.objective === 'latency'
      ? question.find(options.periodLimit ?? Number.POSITIVE_INFINITY, latencyCriterion(options))
      : leastPeriodOf(question);
  if (found === undefined) throw refusal(question.problem, options);
  return answer(question, found.stages);
}

/**
 * All schedules such that no other one has both a shorter period and a shorter latency, from the shortest period to
 * the shortest latency. Takes the options of {@link partition} but for the objective and its limit.
 */
export function paretoFront(
  profile: ModelProfile,
  devices: readonly Device[],
  network: Network = {},
  options: Omit<PartitionOptions, 'objective' | 'periodLimit'> = {},
): readonly Partition[] {
  checkOptionNames(options, ['mostDevices', 'mostReplicas', 'accuracy', 'buffers']);
  const question = questionOf(profile, devices, network, options);
  const { ceilings } = question;
  const front: Partition[] = [];
  let ceiling = Number.POSITIVE_INFINITY;
  while (ceiling > 0) {
    const found = question.find(ceiling, latencyCriterion(options));
    if (found === undefined) break;
    const next = answer(question, found.stages);
    // Of equal latencies the one found later, with the shorter period.
    if (front[0] && front[0].latency >= next.latency) front.shift();
    front.unshift(next);
    ceiling = ceilings[firstAtLeast(ceilings, found.period) - 1] ?? 0;
  }
  if (front.length === 0) throw refusal(question.problem, options);
  return front;
}
