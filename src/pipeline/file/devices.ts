import { asArray, asInteger, asNumber, asObject, asString, field, rejectModel } from '../../format/json.js';
import {
  checkDevices,
  checkNetwork,
  type Device,
  type Link,
  type Network,
  type NetworkLink,
} from '../device.js';
import { documentFrom, documentText } from './document.js';
import { reading } from './reading.js';

const kind = 'spikelet-devices';

/** Devices with the network between them. */
export interface Site {
  readonly devices: readonly Device[];
  readonly network: Network;
}

const mostDevices = 4096;

/** Devices of an entry: `count` of them have numbers behind the name, which is that of the type if there is none. */
function devicesFrom(value: unknown, where: string): readonly Device[] {
  const entry = asObject(value, where, ['name', 'type', 'memory', 'bytesPerSecond', 'count']);
  const type = asString(field(entry, 'type'), `${where}.type`);
  const name = asString(field(entry, 'name') ?? type, `${where}.name`);
  const count = field(entry, 'count');
  const speed = field(entry, 'bytesPerSecond');
  const device = {
    type,
    memory: asNumber(field(entry, 'memory'), `${where}.memory`),
    ...(speed === undefined ? {} : { bytesPerSecond: asNumber(speed, `${where}.bytesPerSecond`) }),
  };
  if (count === undefined) return [{ name, ...device }];
  const length = asInteger(count, 1, mostDevices, `${where}.count`);
  return Array.from({ length }, (_, i) => ({ name: `${name}-${i + 1}`, ...device }));
}

const linkFields = ['bytesPerSecond', 'latency', 'streaming'];

function linkFrom(value: unknown, where: string, fields: readonly string[] = linkFields): Link {
  const link = asObject(value, where, fields);
  const [speed, latency, streaming] = linkFields.map((name) => field(link, name));
  if (streaming !== undefined && typeof streaming !== 'boolean') {
    rejectModel(`${where}.streaming`, 'must be true or false');
  }
  return {
    ...(speed === undefined ? {} : { bytesPerSecond: asNumber(speed, `${where}.bytesPerSecond`) }),
    ...(latency === undefined ? {} : { latency: asNumber(latency, `${where}.latency`) }),
    ...(streaming === undefined ? {} : { streaming }),
  };
}

function listedLink(value: unknown, where: string): NetworkLink {
  const link = linkFrom(value, where, ['from', 'to', ...linkFields]);
  const entry = asObject(value, where);
  const end = (name: string): string => asString(field(entry, name), `${where}.${name}`);
  return { from: end('from'), to: end('to'), ...link };
}

function networkFrom(value: unknown): Network {
  const entry = asObject(value, 'network', ['link', 'links', 'source', 'sink']);
  const named = ['link', 'source', 'sink'].flatMap((name) => {
    const link = field(entry, name);
    return link === undefined ? [] : [[name, linkFrom(link, `network.${name}`)] as const];
  });
  const links = field(entry, 'links');
  if (links === undefined) return Object.fromEntries(named);
  const listed = asArray(links, 'network.links').map((link, i) => listedLink(link, `network.links[${i}]`));
  return { ...Object.fromEntries(named), links: listed };
}

/**
 * Devices and their network from the JSON text that {@link writeDevices} makes. An entry with a `count` stands for that
 * many devices.
 *
 * @throws SpikeletError `invalid-input`, naming the field.
 */
export function readDevices(text: string): Site {
  const { devices, network } = reading(() => {
    const document = documentFrom(text, kind, ['devices', 'network']);
    const entries = asArray(field(document, 'devices'), 'devices');
    return {
      devices: entries.flatMap((entry, i) => devicesFrom(entry, `devices[${i}]`)),
      network: networkFrom(field(document, 'network') ?? {}),
    };
  });
  checkDevices(devices);
  checkNetwork(network, devices);
  return { devices, network };
}

/** Devices and their network as JSON text, one device a line. */
export function writeDevices({ devices, network }: Site): string {
  checkDevices(devices);
  checkNetwork(network, devices);
  return documentText(kind, { devices, network });
}
