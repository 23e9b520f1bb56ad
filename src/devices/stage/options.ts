import type { SpikeletError } from '../../error.js';
import { checkName, checkOptionNames, isAmount, rejectOption } from '../../pipeline/check.js';
import { type ConnectionChoice, checkConnection, connectionNames } from '../connection.js';
import { isIdentity, type Trust } from '../trust.js';
import type { Work } from '../wire/messages.js';
import { isToken } from '../wire/subjects.js';

export interface DeviceOptions extends ConnectionChoice {
  /** Models that it may run, by {@link modelIdentity}; 'any' for whatever those who may use the server send. */
  readonly trust: Trust;
  /** Bytes of memory for a stage. */
  readonly memory: number;
  /** What profiles call this kind of device. Default: 'device'. */
  readonly type?: string | undefined;
  /** Among the devices of a space. Default: its type and some letters. */
  readonly name?: string | undefined;
  /** Devices and pipelines of one space see each other. Letters, digits, `-` and `_`. Default: 'default'. */
  readonly space?: string | undefined;
  /** Makes it leave. */
  readonly signal?: AbortSignal | undefined;
}

/** What a device does, live. */
export type DeviceFigures = Omit<Work, 'epoch'> & {
  /** Its layers: the first, and the one after the last. */
  readonly begin: number;
  readonly end: number;
};

/** This process or tab as a device. */
export interface DeviceHandle {
  readonly name: string;
  /** The stage that it runs, or undefined while it has none. */
  figures(): DeviceFigures | undefined;
  /** Items that it has computed, of all its stages. */
  readonly items: number;
  /** Resolves when it has left: with the reason where the server put it out, else with undefined. */
  readonly closed: Promise<SpikeletError | undefined>;
  /** Leaves: says so, so that a pipeline does not wait for it. */
  close(): Promise<void>;
}

const names: readonly (keyof DeviceOptions)[] = [
  ...connectionNames,
  ...(['trust', 'memory', 'type', 'name', 'space', 'signal'] as const),
];

export function checkSpace(space: unknown): void {
  if (space !== undefined && !isToken(space)) rejectOption('space', 'must be letters, digits, - and _');
}

/** Throws `invalid-option`. */
export function checkDeviceOptions(options: DeviceOptions): void {
  checkOptionNames(options, names);
  checkConnection(options);
  const { trust, memory, type, name, space } = options;
  if (trust !== 'any' && !(Array.isArray(trust) && trust.length > 0 && trust.every(isIdentity))) {
    rejectOption('trust', "must be a list of model identities, 64 hexadecimal digits each, or 'any'");
  }
  if (!(isAmount(memory) && memory > 0)) rejectOption('memory', 'must be a number of bytes above 0');
  for (const [where, value] of Object.entries({ type, name }))
    if (value !== undefined) checkName(value, where);
  checkSpace(space);
}
