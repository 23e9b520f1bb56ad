import type { Arithmetic } from '../pack/weights.js';

/** What a layer over spikes multiplies by: integers of so many bits, or f32. */
export type SpikeWeights = 8 | 4 | 'f32';

/** Nanoseconds of the steps of a layer over spikes, measured on one thread. */
export interface EventCosts {
  /** Of 8 output channels of a pixel: one word or byte of its patch, and all that comes with it once. */
  readonly dense: { readonly step: number; readonly pixel: number };
  /** The same where only the entries of a list are gone through. */
  readonly events: { readonly entry: number; readonly pixel: number };
}

export interface SpikingCosts {
  readonly weights: Readonly<Record<SpikeWeights, EventCosts>>;
  /** One word or byte looked at for a list, and one put into it. */
  readonly words: ListCosts;
  readonly bytes: ListCosts;
}

export interface ListCosts {
  readonly seen: number;
  readonly listed: number;
}

export type SpikingCostTable = Readonly<Record<Arithmetic, SpikingCosts>>;

/** What decides how long a layer over spikes takes, apart from the spikes. */
export interface EventShape {
  /** Output pixels, and blocks of 8 output channels. */
  readonly pixels: number;
  readonly blocks: number;
  /** Words or bytes of a patch. */
  readonly patch: number;
  /** Words or bytes of the staged input. */
  readonly staged: number;
  /** Patches that an entry belongs to, on average. */
  readonly uses: number;
}

export const denseNanoseconds = ({ dense }: EventCosts, { pixels, blocks, patch }: EventShape): number =>
  pixels * blocks * (patch * dense.step + dense.pixel);

export function eventNanoseconds(
  { events }: EventCosts,
  list: ListCosts,
  { pixels, blocks, staged, uses }: EventShape,
  entries: number,
): number {
  const listing = staged * list.seen + entries * list.listed;
  return listing + blocks * (entries * uses * events.entry + pixels * events.pixel);
}

/** Most entries with which a list is the faster way; negative where it never is. */
export function mostEntriesFor(costs: EventCosts, list: ListCosts, shape: EventShape): number {
  const none = eventNanoseconds(costs, list, shape, 0);
  const each = eventNanoseconds(costs, list, shape, 1) - none;
  return Math.floor(Math.min(shape.staged, (denseNanoseconds(costs, shape) - none) / each));
}
