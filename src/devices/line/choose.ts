import type { Device, Network } from '../../pipeline/device.js';
import { type Partition, partition } from '../../pipeline/partition/partition.js';
import type { Announcement } from '../wire/messages.js';
import type { DevicePipelineOptions } from './options.js';
import type { StagedModel } from './staged-model.js';

/** A plan replaces another one of the same devices if its period is at most this share. */
const worthwhile = 0.97;

/** The least speed of the devices of each type. */
function speedsOf(devices: readonly Announcement[]): Readonly<Record<string, number>> {
  const speeds = new Map<string, number>();
  for (const { type, speed } of devices)
    speeds.set(type, Math.max(1, Math.min(speed, speeds.get(type) ?? speed)));
  return Object.fromEntries(speeds);
}

/** Without links to devices that are not there. */
function networkFor(network: Network | undefined, devices: readonly Device[]): Network {
  const known = new Set(['source', 'sink', ...devices.flatMap(({ name, type }) => [name, type])]);
  const links = network?.links?.filter(({ from, to }) => known.has(from) && known.has(to));
  return { ...network, ...(links && { links }) };
}

type Wishes = Pick<DevicePipelineOptions, 'profile' | 'network' | 'mostReplicas' | 'accuracy'>;

/** The best plan for the devices that are there. Throws as `partition` does. */
export function choosePlan(model: StagedModel, present: readonly Announcement[], wishes: Wishes): Partition {
  const { network, mostReplicas, accuracy } = wishes;
  const profile = wishes.profile ?? model.estimate(speedsOf(present));
  const devices = present.map(({ name, type, memory }) => ({ name, type, memory }));
  return partition(profile, devices, networkFor(network, devices), {
    mostReplicas,
    accuracy,
  });
}

/** Whether a plan is so much better than the one in force that it is worth starting anew. */
export const isWorthwhile = (plan: Partition, current: Partition): boolean =>
  plan.period < worthwhile * current.period;
