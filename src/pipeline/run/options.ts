import type { Explanation } from '../../engine/explain.js';
import type { RunOptions } from '../../engine/options.js';
import type { ModelPort, TensorLike } from '../../engine/ports.js';
import type { WorkerLike } from '../../engine/threads/port.js';
import type { Tensor } from '../../graph/tensor.js';
import { checkOptionNames, isCount, rejectOption } from '../check.js';
import type { ModelProfile } from '../profile.js';
import type { Schedule } from '../schedule.js';
import type { FlowFigures } from './flow.js';

export interface PipelineOptions {
  /** Workers, a stage each, with layers shared out evenly. Either this or `schedule`. */
  readonly workers?: number | undefined;
  /** What the stages are: from `partition`. A worker is made for each device that it names. */
  readonly schedule?: Schedule | undefined;
  /** Times of the layers on one type of device, to share them out by. Default: by their multiplications. */
  readonly profile?: ModelProfile | undefined;
  /** Items that may be under way from one worker to the next. Default: 2. */
  readonly credits?: number | undefined;
  /** Workers that may die one after the other, without a result in between, before the pipeline gives up. Default: 3. */
  readonly restarts?: number | undefined;
  /** Makes a stage's worker where a bundler or a policy needs it made elsewhere: its script imports `spikelet/stage`. */
  readonly worker?: (() => WorkerLike) | undefined;
  /** Bytes that the model file and each stage's memory may have. Default: 2 GiB. */
  readonly memoryLimit?: number | undefined;
  /** Ends the start: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A worker of a stage, live. */
export interface StageFigures extends FlowFigures {
  readonly stage: number;
  /** Name of the device in the schedule. */
  readonly device: string;
  /** Its first layer, and the layer after its last one. */
  readonly begin: number;
  readonly end: number;
  /** How often its worker died. */
  readonly deaths: number;
  readonly state: 'running' | 'starting';
}

export type Inputs = Readonly<Record<string, TensorLike>>;
export type Outputs = Record<string, Tensor>;

/** A model whose stages run in workers of their own, several items at once. */
export interface Pipeline {
  readonly name: string;
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  readonly schedule: Schedule;
  /**
   * Sends one item through. Results come in the order of the calls. Rejects with `invalid-input` for values that do not
   * fit, with the signal's reason, and with `closed` when the pipeline was closed or gave up on its workers.
   */
  run(inputs: Inputs, options?: RunOptions): Promise<Outputs>;
  /** Sends items through as fast as they go, takes no more of them than that, and gives the results in their order. */
  map(inputs: Iterable<Inputs> | AsyncIterable<Inputs>, options?: RunOptions): AsyncIterableIterator<Outputs>;
  figures(): Promise<readonly StageFigures[]>;
  /** What each stage runs on and the memory it takes. */
  explain(): readonly Explanation[];
  /** Ends the worker of a stage at once, as a crash would: another takes over. */
  terminate(stage: number, lane?: number): void;
  close(): void;
  [Symbol.dispose](): void;
}

const names: readonly (keyof PipelineOptions)[] = [
  'workers',
  'schedule',
  'profile',
  'credits',
  'restarts',
  'worker',
  'memoryLimit',
  'signal',
];

export const mostWorkers = 64;

/** Throws `invalid-option`. */
export function checkPipelineOptions(options: PipelineOptions): void {
  checkOptionNames(options, names);
  const { workers, schedule, profile, credits, restarts } = options;
  if ((workers === undefined) === (schedule === undefined)) {
    rejectOption('workers', 'give either the number of workers or a schedule');
  }
  if (workers !== undefined && !(isCount(workers) && workers <= mostWorkers)) {
    rejectOption('workers', `must be an integer from 1 to ${mostWorkers}, got ${String(workers)}`);
  }
  if (profile !== undefined && schedule !== undefined)
    rejectOption('profile', 'is of no use beside a schedule');
  if (credits !== undefined && !isCount(credits)) rejectOption('credits', 'must be an integer of at least 1');
  if (restarts !== undefined && !isCount(restarts, 0))
    rejectOption('restarts', 'must be an integer of at least 0');
}
