import { type Device, type End, linkBetween, type Network } from '../device.js';

/** Devices that can stand in for each other: same type, memory and links. */
export interface DeviceClass {
  readonly type: string;
  readonly memory: number;
  readonly devices: readonly Device[];
}

/** Whether devices can be swapped without a change to any link. */
function areAlike(network: Network, devices: readonly Device[], a: Device, b: Device): boolean {
  if (a.type !== b.type || a.memory !== b.memory) return false;
  const isSame = (from: End, to: End, otherFrom: End, otherTo: End): boolean => {
    const [one, other] = [linkBetween(network, from, to), linkBetween(network, otherFrom, otherTo)];
    return (
      one.bytesPerSecond === other.bytesPerSecond &&
      one.latency === other.latency &&
      one.streaming === other.streaming
    );
  };
  return (
    isSame('source', a, 'source', b) &&
    isSame(a, 'sink', b, 'sink') &&
    isSame(a, b, b, a) &&
    devices.every((c) => c === a || c === b || (isSame(a, c, b, c) && isSame(c, a, c, b)))
  );
}

/**
 * Devices by classes in the order given. Swaps that change nothing combine to such swaps, so that it is enough to
 * compare a device with the first one of each class.
 */
export function classesOf(devices: readonly Device[], network: Network): readonly DeviceClass[] {
  const classes: { readonly first: Device; readonly devices: Device[] }[] = [];
  for (const device of devices) {
    const own = classes.find(({ first }) => areAlike(network, devices, first, device));
    if (own) own.devices.push(device);
    else classes.push({ first: device, devices: [device] });
  }
  return classes.map(({ first: { type, memory }, devices: members }) => ({ type, memory, devices: members }));
}
