import { SpikeletError } from '../../error.js';
import { type CutWidth, cutBytes } from '../activation/width.js';
import type { Device, End, Network } from '../device.js';
import { crossing, type ModelProfile, secondsOn } from '../profile.js';
import type { Transfer } from '../schedule.js';
import { classesOf, type DeviceClass } from './classes.js';
import { type BufferOptions, type PartitionOptions, widthsAt } from './options.js';
import { slowestTransfer, transferOf, workingBytes } from './place.js';
import { type Selections, selectionsOf, type Unit, unitsOf } from './units.js';

/** States that a search may have: about 300 MB of memory. */
export const mostStates = 2 ** 24;

/** A way to send what crosses a cut. */
export interface LinkChoice {
  readonly width: CutWidth;
  readonly cost: number;
  /** Seconds between two messages. */
  readonly period: number;
  /** Seconds until a message has arrived. */
  readonly latency: number;
}

/** A question to the partitioner as tables. Layers are 0 to `layers`, cuts lie before the layer of their number. */
export interface Problem {
  readonly profile: ModelProfile;
  readonly layers: number;
  readonly classes: readonly DeviceClass[];
  readonly selections: Selections;
  readonly units: readonly Unit[];
  readonly mostDevices: number;
  /** Greatest sum of costs, with room for the rounding of a sum. */
  readonly bound: number;
  /** Seconds of layers `begin` to `end` on one device, at `begin * (layers + 1) + end`, by unit; units share tables. */
  readonly seconds: readonly Float64Array[];
  /** 1 where the stage fits into the memory of every device of the unit, by unit. */
  readonly fits: readonly Uint8Array[];
  /** Transfer of the inputs to a unit, and of the results from it. */
  readonly arrivals: readonly LinkChoice[];
  readonly departures: readonly LinkChoice[];
  /** Ways over cut `at` from one unit to another. */
  links(at: number, from: number, to: number): readonly LinkChoice[];
}

/** Sums of seconds in the order of the layers, as any later sum over a stage gives them. */
function secondsTable({ layers }: ModelProfile, type: string): Float64Array {
  const width = layers.length + 1;
  const table = new Float64Array(width * width);
  for (let begin = 0; begin < layers.length; begin++) {
    let sum = 0;
    for (let end = begin + 1; end < width; end++) {
      const layer = layers[end - 1];
      sum += (layer && secondsOn(layer, type)) ?? Number.POSITIVE_INFINITY;
      table[begin * width + end] = sum;
    }
  }
  return table;
}

function fitsTable(profile: ModelProfile, memory: number, buffers: BufferOptions): Uint8Array {
  const width = profile.layers.length + 1;
  const table = new Uint8Array(width * width);
  for (let begin = 0; begin < profile.layers.length; begin++) {
    let weights = 0;
    let peak = 0;
    for (let end = begin + 1; end < width; end++) {
      const layer = profile.layers[end - 1];
      weights += layer?.weightBytes ?? 0;
      peak = Math.max(peak, layer?.peakBytes ?? 0);
      const needed = weights + workingBytes(profile, begin, end, peak, buffers);
      table[begin * width + end] = needed <= memory ? 1 : 0;
    }
  }
  return table;
}

function bothFit(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a === b ? a : a.map((fits, i) => fits & (b[i] ?? 0));
}

/** Pairs of devices, one of each side, that stand for all pairs of two units; undefined where devices do not suffice. */
function devicePairs(
  classes: readonly DeviceClass[],
  from: Unit,
  to: Unit,
): readonly (readonly [Device, Device])[] | undefined {
  const pairs: [Device, Device][] = [];
  for (const [c, { devices }] of classes.entries()) {
    const own = from.counts[c] ?? 0;
    if (own + (to.counts[c] ?? 0) > devices.length) return undefined;
    if (own === 0) continue;
    for (const [d, other] of classes.entries()) {
      const [a, b] = [devices[0], other.devices[c === d ? 1 : 0]];
      if ((to.counts[d] ?? 0) > 0 && a && b) pairs.push([a, b]);
    }
  }
  return pairs;
}

const choiceOf = (transfer: Transfer, cost: number, lanes: number): LinkChoice => ({
  width: transfer.width,
  cost,
  period: transfer.seconds / lanes,
  latency: transfer.seconds + transfer.delay,
});

/** The way between the outside and each unit. */
function outside(
  problem: Pick<Problem, 'profile' | 'classes' | 'units'>,
  network: Network,
  end: 'source' | 'sink',
): readonly LinkChoice[] {
  const { profile, classes, units } = problem;
  const at = end === 'source' ? 0 : profile.layers.length;
  const bytes = cutBytes(crossing(profile, at), 'f32', profile.batch);
  return units.map(({ counts }) => {
    const transfers = classes.flatMap(({ devices: [first] }, c) => {
      if (first === undefined || (counts[c] ?? 0) === 0) return [];
      const [from, to]: readonly [End, End] = end === 'source' ? [end, first] : [first, end];
      return [transferOf(network, from, to, bytes, 'f32')];
    });
    return choiceOf(slowestTransfer(transfers), 0, 1);
  });
}

function linkTable(
  { profile, classes, units }: Pick<Problem, 'profile' | 'classes' | 'units'>,
  network: Network,
  accuracy: PartitionOptions['accuracy'],
): Problem['links'] {
  const pairs = units.map((from) => units.map((to) => devicePairs(classes, from, to)));
  const known: (readonly LinkChoice[] | undefined)[] = new Array(profile.layers.length * units.length ** 2);
  const compute = (at: number, from: number, to: number): readonly LinkChoice[] => {
    const own = pairs[from]?.[to];
    const lanes = Math.min(units[from]?.replicas ?? 1, units[to]?.replicas ?? 1);
    if (own === undefined) return [];
    return widthsAt(accuracy, at).map(({ width, cost }) => {
      const bytes = cutBytes(crossing(profile, at), width, profile.batch);
      return choiceOf(
        slowestTransfer(own.map(([a, b]) => transferOf(network, a, b, bytes, width))),
        cost,
        lanes,
      );
    });
  };
  return (at, from, to) => {
    const key = (at * units.length + from) * units.length + to;
    const choices = known[key] ?? compute(at, from, to);
    known[key] = choices;
    return choices;
  };
}

/** Units of a question, or the error that says why it is too large for an exact search. */
function unitsWithin(
  classes: readonly DeviceClass[],
  selections: Selections,
  layers: number,
  mostReplicas: number,
): readonly Unit[] {
  const limit = Math.floor(mostStates / (layers * selections.count));
  const units = unitsOf(classes, selections, mostReplicas, Math.max(limit, 0));
  if (units !== 'too many' && units.length <= limit) return units;
  const sizes = classes.map(({ devices }) => devices.length).join(', ');
  throw new SpikeletError(
    'unsupported',
    `an exact search over ${classes.length} kinds of devices (${sizes} of each) and ${layers} layers has more than ` +
      `${mostStates} states: layers * selections of devices * ways to run a stage; devices are of one kind where ` +
      'type, memory and all links are the same: give like devices like links, fewer devices, fewer replicas, or ' +
      'join layers',
    { where: 'devices' },
  );
}

/** Turns a checked question into tables. Throws `unsupported` where it has more states than {@link mostStates}. */
export function problemOf(
  profile: ModelProfile,
  devices: readonly Device[],
  network: Network,
  { mostDevices, mostReplicas = 1, accuracy, buffers = {} }: PartitionOptions,
): Problem {
  const layers = profile.layers.length;
  const classes = classesOf(devices, network);
  const selections = selectionsOf(classes);
  const units = unitsWithin(classes, selections, layers, mostReplicas);
  const byType = new Map(classes.map(({ type }) => [type, secondsTable(profile, type)]));
  const byMemory = new Map(classes.map(({ memory }) => [memory, fitsTable(profile, memory, buffers)]));
  const none = new Uint8Array(0);
  const fitsOf = ({ counts }: Unit): Uint8Array =>
    classes
      .filter((_, c) => (counts[c] ?? 0) > 0)
      .map(({ memory }) => byMemory.get(memory) ?? none)
      .reduce(bothFit);
  const base = { profile, classes, units };
  return {
    ...base,
    layers,
    selections,
    mostDevices: Math.min(mostDevices ?? devices.length, devices.length),
    bound: (accuracy?.bound ?? 0) * (1 + 1e-12),
    seconds: units.map(({ type }) => byType.get(type) ?? new Float64Array(0)),
    fits: units.map(fitsOf),
    arrivals: outside(base, network, 'source'),
    departures: outside(base, network, 'sink'),
    links: linkTable(base, network, accuracy),
  };
}
