import type { RunOptions } from '../../engine/options.js';
import { checkOptionNames, isCount, rejectOption } from '../../pipeline/check.js';
import type { Network } from '../../pipeline/device.js';
import type { AccuracyOptions } from '../../pipeline/partition/options.js';
import type { Partition } from '../../pipeline/partition/partition.js';
import { checkProfile, type ModelProfile } from '../../pipeline/profile.js';
import type { Inputs, Outputs, Pipeline, StageFigures } from '../../pipeline/run/options.js';
import { type ConnectionChoice, checkConnection, connectionNames } from '../connection.js';
import { checkSpace } from '../stage/options.js';

export interface DevicePipelineOptions extends ConnectionChoice {
  /** Devices to wait for before it starts. More may come later, and all but one may leave. Default: 1. */
  readonly devices?: number | undefined;
  /** Milliseconds for them to come in. Default: 30,000. */
  readonly joinWithin?: number | undefined;
  /**
   * Times of the layers by type of device. Default: by their multiplications, and the speed that each device measures
   * when it starts.
   */
  readonly profile?: ModelProfile | undefined;
  /** How the devices reach each other. Default: as fast as anything. */
  readonly network?: Network | undefined;
  /** Devices of one type that may share a stage. Default: 1. */
  readonly mostReplicas?: number | undefined;
  /** Lets activations travel with fewer bits. Default: f32 at every cut. */
  readonly accuracy?: AccuracyOptions | undefined;
  /** Milliseconds from an item's acceptance after which it fails with `timeout`. Default: 60,000. */
  readonly deadline?: number | undefined;
  /** Items that a device may have waiting. Default: 2. */
  readonly credits?: number | undefined;
  /** Devices and pipelines of one space see each other. Default: 'default'. */
  readonly space?: string | undefined;
  /** Called with each plan that comes into force. */
  readonly onPlan?: ((plan: Partition) => void) | undefined;
  /** Bytes that the model file may have. Default: 2 GiB. */
  readonly memoryLimit?: number | undefined;
  /** Ends the start: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A device's share, as it said last: at most a second or two old. */
export type DeviceStageFigures = Omit<StageFigures, 'deaths' | 'state'> & {
  /** Bytes of model that the device holds. */
  readonly fileBytes: number;
};

/** A device that is there. */
export interface PresentDevice {
  readonly name: string;
  readonly type: string;
  readonly memory: number;
  /** Multiply-accumulates a second that it measured. */
  readonly speed: number;
  /** Its stage of this pipeline. */
  readonly stage?: number;
}

/** A pipeline whose stages run on devices. */
export interface DevicePipeline
  extends Pick<Pipeline, 'name' | 'inputs' | 'outputs' | 'schedule' | 'map' | 'close'> {
  /**
   * Sends one item through. Rejects with `invalid-input` for values that do not fit, with the signal's reason, with
   * `timeout` after the deadline, with what a device said where it could not compute, and with `closed`.
   */
  run(inputs: Inputs, options?: RunOptions): Promise<Outputs>;
  /** The SHA-256 by which devices know the model. */
  readonly identity: string;
  /** Plans that have been in force. */
  readonly plans: number;
  devices(): readonly PresentDevice[];
  figures(): Promise<readonly DeviceStageFigures[]>;
  /** Resolves when everything that it had on the server is removed after `close`. */
  readonly closed: Promise<void>;
  [Symbol.dispose](): void;
}

const names: readonly (keyof DevicePipelineOptions)[] = [
  ...connectionNames,
  ...(['devices', 'joinWithin', 'profile', 'network', 'mostReplicas', 'accuracy'] as const),
  ...(['deadline', 'credits', 'space', 'onPlan', 'memoryLimit', 'signal'] as const),
];

/** Throws `invalid-option`, and `invalid-input` for a profile that cannot be. */
export function checkLineOptions(options: DevicePipelineOptions): void {
  checkOptionNames(options, names);
  checkConnection(options);
  checkSpace(options.space);
  const { devices, joinWithin, deadline, credits, mostReplicas, onPlan, profile } = options;
  for (const [name, value] of Object.entries({ devices, joinWithin, deadline, credits, mostReplicas })) {
    if (value !== undefined && !isCount(value)) rejectOption(name, 'must be an integer of at least 1');
  }
  if (onPlan !== undefined && typeof onPlan !== 'function') rejectOption('onPlan', 'must be a function');
  if (profile) checkProfile(profile);
}
