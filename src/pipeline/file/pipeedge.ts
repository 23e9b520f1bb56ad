import {
  asArray,
  asInteger,
  asNumber,
  asObject,
  asString,
  field,
  type JsonObject,
  rejectModel,
} from '../../format/json.js';
import { knownNames } from '../../graph/closest.js';
import { rejectInput } from '../check.js';
import type { Device, Network } from '../device.js';
import { checkProfile, isMeasuredOn, type ModelProfile } from '../profile.js';
import type { Site } from './devices.js';
import { reading } from './reading.js';
import { entriesOf, numbersIn, parseYaml } from './yaml.js';

/** Texts of PipeEdge's files. */
export interface PipeEdgeFiles {
  /** models.yml: layers, memory and parameters of models. */
  readonly models: string;
  /** device_types.yml: memory, bandwidth and times of types of devices. */
  readonly deviceTypes: string;
  /** devices.yml: hosts by type. */
  readonly devices: string;
  /** device_neighbors.yml: bandwidth between hosts. Default: that of their types. */
  readonly neighbors?: string | undefined;
}

export interface PipeEdgeOptions {
  /** Which model. Default: the only one that has layers. */
  readonly model?: string | undefined;
  /** Which measurements. Default: torch.float32. */
  readonly dtype?: string | undefined;
  /** Default: 8. */
  readonly batch?: number | undefined;
}

/** What PipeEdge's files say, with what is odd about them. */
export interface PipeEdgeSite extends Site {
  readonly profile: ModelProfile;
  readonly warnings: readonly string[];
}

/** PipeEdge's MB and Mb: 1024 * 1024 bytes or bits. */
export const mebi = 1024 ** 2;
export const bytesPerMegabit = mebi / 8;

const usualType = 'torch.float32';

interface Chosen {
  readonly model: string;
  readonly dtype: string;
  readonly batch: number;
}

/** The model that is meant. */
function modelIn(models: unknown, name: string | undefined): readonly [string, JsonObject] {
  const entries = entriesOf(models, 'models').map(
    ([key, value]) => [key, asObject(value, `models.${key}`)] as const,
  );
  const full = entries.filter(([, entry]) => field(entry, 'layers') !== 0);
  const [only] = full;
  if (name === undefined) {
    if (only && full.length === 1) return only;
    const names = full.map(([key]) => key).join(', ');
    rejectModel(
      'models',
      full.length > 0 ? `has ${full.length} models: say which (${names})` : 'has no model',
    );
  }
  const names = entries.map(([key]) => key);
  return (
    entries.find(([key]) => key === name) ??
    rejectModel('models', `has no '${name}'${knownNames(name, names)}`)
  );
}

/** `parameters_out`, whose values come again and again where it is too short, as PipeEdge reads it. */
function outputsOf(entry: JsonObject, layers: number, where: string, warnings: string[]): readonly number[] {
  const given = numbersIn(entry, 'parameters_out', where);
  if (given.length === 0 || given.length > layers) {
    rejectModel(`${where}.parameters_out`, `must have 1 to ${layers} entries, got ${given.length}`);
  }
  if (given.length < layers) {
    warnings.push(`${where}.parameters_out has ${given.length} of ${layers} entries: they are repeated`);
  }
  return Array.from({ length: layers }, (_, i) => given[i % given.length] ?? 0);
}

/** Seconds of the layers on each type that was measured as chosen. */
function timesOf(
  types: unknown,
  { model, dtype, batch }: Chosen,
  layers: number,
): ReadonlyMap<string, readonly number[]> {
  const times = new Map<string, readonly number[]>();
  for (const [type, value] of entriesOf(types, 'device_types')) {
    const where = `device_types.${type}.model_profiles`;
    const profiles = asObject(field(asObject(value, `device_types.${type}`), 'model_profiles') ?? {}, where);
    const list = asArray(field(profiles, model) ?? [], `${where}.${model}`);
    const own = list
      .map((item, i) => asObject(item, `${where}.${model}[${i}]`))
      .find((item) => field(item, 'dtype') === dtype && field(item, 'batch_size') === batch);
    if (own === undefined) continue;
    const seconds = numbersIn(own, 'time_s', `${where}.${model}`);
    if (seconds.length !== layers) {
      rejectModel(`${where}.${model}.time_s`, `must have ${layers} entries, got ${seconds.length}`);
    }
    times.set(type, seconds);
  }
  return times;
}

function profileFrom(
  models: unknown,
  types: unknown,
  options: PipeEdgeOptions,
  warnings: string[],
): ModelProfile {
  const [model, entry] = modelIn(models, options.model);
  const where = `models.${model}`;
  const batch = options.batch ?? 8;
  const layers = asInteger(field(entry, 'layers'), 1, Number.MAX_SAFE_INTEGER, `${where}.layers`);
  const memory = numbersIn(entry, 'mem_MB', where);
  if (memory.length !== layers) {
    rejectModel(`${where}.mem_MB`, `must have ${layers} entries, got ${memory.length}`);
  }
  const outputs = outputsOf(entry, layers, where, warnings);
  const chosen = { model, dtype: options.dtype ?? usualType, batch };
  const times = timesOf(types, chosen, layers);
  return {
    model,
    batch,
    inputs: [asNumber(field(entry, 'parameters_in'), `${where}.parameters_in`)],
    layers: memory.map((size, i) => ({
      name: `layer ${i + 1}`,
      seconds: Object.fromEntries([...times].map(([type, seconds]) => [type, seconds[i] ?? 0])),
      weightBytes: size * mebi,
      peakBytes: 0,
      outputs: [outputs[i] ?? 0],
    })),
  };
}

function devicesFrom(devices: unknown, types: unknown): readonly Device[] {
  const known = new Map(entriesOf(types, 'device_types'));
  return entriesOf(devices, 'devices').flatMap(([type, hosts]) => {
    const where = `device_types.${type}`;
    const entry =
      known.get(type) ?? rejectModel('devices', `has hosts of a type '${type}' that device_types lacks`);
    const object = asObject(entry, where);
    const device = {
      type,
      memory: asNumber(field(object, 'mem_MB'), `${where}.mem_MB`) * mebi,
      bytesPerSecond: asNumber(field(object, 'bw_Mbps'), `${where}.bw_Mbps`) * bytesPerMegabit,
    };
    return asArray(hosts ?? [], `devices.${type}`).map((host, i) => ({
      name: asString(host, `devices.${type}[${i}]`),
      ...device,
    }));
  });
}

function neighborsFrom(neighbors: unknown): Network {
  const links = entriesOf(neighbors, 'device_neighbors').flatMap(([from, others]) =>
    entriesOf(others, `device_neighbors.${from}`).map(([to, value]) => {
      const where = `device_neighbors.${from}.${to}`;
      const speed = asNumber(field(asObject(value, where), 'bw_Mbps'), `${where}.bw_Mbps`);
      return { from, to, bytesPerSecond: speed * bytesPerMegabit };
    }),
  );
  return links.length === 0 ? {} : { links };
}

/**
 * Profile, devices and network from PipeEdge's YAML files. A type of device without the measurements asked for is left
 * out with a warning. Parses with the package `yaml`, loaded on first use.
 *
 * @throws SpikeletError `invalid-input`, naming the field.
 */
export async function readPipeEdge(
  files: PipeEdgeFiles,
  options: PipeEdgeOptions = {},
): Promise<PipeEdgeSite> {
  const models = await parseYaml(files.models, 'models');
  const types = await parseYaml(files.deviceTypes, 'device_types');
  const hosts = await parseYaml(files.devices, 'devices');
  const neighbors = await parseYaml(files.neighbors ?? '', 'device_neighbors');
  const warnings: string[] = [];
  const profile = reading(() => profileFrom(models, types, options, warnings));
  checkProfile(profile);
  const devices = reading(() => devicesFrom(hosts, types));
  if (devices.length === 0) rejectInput('devices', 'name no host');
  for (const type of new Set(devices.map((device) => device.type))) {
    if (isMeasuredOn(profile, type)) continue;
    const what = `${profile.model} with ${options.dtype ?? usualType} and batch ${profile.batch}`;
    warnings.push(`device_types.${type} has no times of ${what}: left out`);
  }
  return { profile, devices, network: reading(() => neighborsFrom(neighbors)), warnings };
}
