import { checkAmount, checkList, checkName, isAmount, rejectInput } from './check.js';

/** A device that a stage can run on. */
export interface Device {
  readonly name: string;
  /** The type that profiles give times for. */
  readonly type: string;
  /** Bytes of memory. */
  readonly memory: number;
  /** Greatest bytes a second of its port, in each direction. Default: no limit. */
  readonly bytesPerSecond?: number | undefined;
}

/** How bytes travel from one place to another. */
export interface Link {
  /** Default: no limit of its own. */
  readonly bytesPerSecond?: number | undefined;
  /** Seconds until a message of no bytes arrives. Default: 0. */
  readonly latency?: number | undefined;
  /**
   * Whether the next message may leave before this one has arrived: then latency delays items but does not slow the
   * pipeline. Default: false, one message at a time.
   */
  readonly streaming?: boolean | undefined;
}

/** A link between two ends: names of devices, types of devices, 'source' or 'sink'. */
export interface NetworkLink extends Link {
  readonly from: string;
  readonly to: string;
}

/**
 * How devices reach each other. A link between two ends counts for the way back too, unless that is listed itself.
 * Names of devices go before types; of links that are equally exact the last one counts.
 */
export interface Network {
  /** Between devices about which `links` says nothing. Default: limited by the ports of the devices only. */
  readonly link?: Link | undefined;
  readonly links?: readonly NetworkLink[] | undefined;
  /** From where the inputs are to a device. Default: they are there already. */
  readonly source?: Link | undefined;
  /** From a device to where the results are wanted. Default: they are wanted there. */
  readonly sink?: Link | undefined;
}

/** A link with nothing left open. */
export interface ResolvedLink {
  readonly bytesPerSecond: number;
  readonly latency: number;
  readonly streaming: boolean;
}

/** Where inputs come from and results go to. */
export type End = Device | 'source' | 'sink';

const specialEnds = ['source', 'sink'];

function checkLink(link: Link, where: string): void {
  if (typeof link !== 'object' || link === null) rejectInput(where, 'must be an object');
  const { bytesPerSecond, latency, streaming } = link;
  if (bytesPerSecond !== undefined && !(isAmount(bytesPerSecond) && bytesPerSecond > 0)) {
    rejectInput(`${where}.bytesPerSecond`, `must be a number above 0, got ${String(bytesPerSecond)}`);
  }
  if (latency !== undefined) checkAmount(latency, `${where}.latency`);
  if (streaming !== undefined && typeof streaming !== 'boolean') {
    rejectInput(`${where}.streaming`, 'must be true or false');
  }
}

/** Throws `invalid-input`, naming the field, for devices that cannot be. */
export function checkDevices(devices: readonly Device[]): void {
  checkList(devices, 'devices');
  if (devices.length === 0) rejectInput('devices', 'must have one device at least');
  const names = new Set<string>();
  devices.forEach((device, i) => {
    const where = `devices[${i}]`;
    checkName(device.name, `${where}.name`);
    checkName(device.type, `${where}.type`);
    checkAmount(device.memory, `${where}.memory`);
    checkLink({ bytesPerSecond: device.bytesPerSecond }, where);
    if (specialEnds.includes(device.name))
      rejectInput(`${where}.name`, `'${device.name}' has a meaning of its own`);
    if (names.has(device.name))
      rejectInput(`${where}.name`, `'${device.name}' is the name of another device too`);
    names.add(device.name);
  });
}

/** Throws `invalid-input`, naming the field, for a network that cannot be or that names devices that are not there. */
export function checkNetwork(network: Network, devices: readonly Device[]): void {
  const known = new Set([...specialEnds, ...devices.flatMap(({ name, type }) => [name, type])]);
  for (const name of ['link', 'source', 'sink'] as const) {
    const link = network[name];
    if (link !== undefined) checkLink(link, `network.${name}`);
  }
  if (network.links !== undefined) checkList(network.links, 'network.links');
  network.links?.forEach((link, i) => {
    const where = `network.links[${i}]`;
    checkLink(link, where);
    for (const end of ['from', 'to'] as const) {
      checkName(link[end], `${where}.${end}`);
      if (!known.has(link[end])) {
        rejectInput(`${where}.${end}`, `'${link[end]}' is neither the name nor the type of a device`);
      }
    }
  });
}

/** How exactly a name in a link means an end: 2 its own name, 1 its type, 0 not at all. */
function exactness(name: string, end: End): number {
  if (typeof end === 'string') return name === end ? 2 : 0;
  if (name === end.name) return 2;
  return name === end.type ? 1 : 0;
}

function listedLink(links: readonly NetworkLink[], from: End, to: End): Link | undefined {
  let best: Link | undefined;
  let rank = 0;
  for (const link of links) {
    const there = exactness(link.from, from) * exactness(link.to, to);
    const back = exactness(link.from, to) * exactness(link.to, from);
    // A link listed in this direction goes before one of the other.
    const own = Math.max(there > 0 ? 2 * there + 1 : 0, 2 * back);
    if (own > 0 && own >= rank) {
      rank = own;
      best = link;
    }
  }
  return best;
}

const portOf = (end: End): number =>
  typeof end === 'string' ? Number.POSITIVE_INFINITY : (end.bytesPerSecond ?? Number.POSITIVE_INFINITY);

const atHand: ResolvedLink = { bytesPerSecond: Number.POSITIVE_INFINITY, latency: 0, streaming: false };

/** The link from one end to another: no faster than either's port. */
export function linkBetween(network: Network, from: End, to: End): ResolvedLink {
  const usual = from === 'source' ? network.source : to === 'sink' ? network.sink : (network.link ?? {});
  const link = listedLink(network.links ?? [], from, to) ?? usual;
  if (link === undefined) return atHand;
  return {
    bytesPerSecond: Math.min(link.bytesPerSecond ?? Number.POSITIVE_INFINITY, portOf(from), portOf(to)),
    latency: link.latency ?? 0,
    streaming: link.streaming ?? false,
  };
}
