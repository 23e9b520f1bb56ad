import { type CutWidth, cutBytes } from '../activation/width.js';
import { rejectInput } from '../check.js';
import { type Device, type End, linkBetween, type Network } from '../device.js';
import { crossing, floatBytes, type ModelProfile, secondsOn } from '../profile.js';
import type { Schedule, Stage, Transfer } from '../schedule.js';
import type { BufferOptions } from './options.js';

/** Layers on devices, without what they cost. */
export interface StagePlace {
  /** Names of the devices that take the stage's items in turns. */
  readonly devices: readonly string[];
  /** Layers of the stage. */
  readonly layers: number;
  /** How its results travel to the next stage. Default: f32. */
  readonly sends?: CutWidth | undefined;
}

/** Bytes that layers `begin` to `end` need on a device, besides their weights: working memory and buffers. */
export function workingBytes(
  profile: ModelProfile,
  begin: number,
  end: number,
  peakBytes: number,
  { receive = 2, send = 2 }: BufferOptions,
): number {
  const input = floatBytes(crossing(profile, begin), profile.batch);
  const output = floatBytes(crossing(profile, end), profile.batch);
  return peakBytes + (1 + (begin > 0 ? receive : 0)) * input + (1 + send) * output;
}

/** A message of so many bytes on the link between two ends. */
export function transferOf(network: Network, from: End, to: End, bytes: number, width: CutWidth): Transfer {
  const { bytesPerSecond, latency, streaming } = linkBetween(network, from, to);
  const sending = bytes / bytesPerSecond;
  return streaming
    ? { width, bytes, seconds: sending, delay: latency }
    : { width, bytes, seconds: sending + latency, delay: 0 };
}

function stageOf(
  profile: ModelProfile,
  begin: number,
  { layers, devices: names }: StagePlace,
  devices: ReadonlyMap<string, Device>,
  buffers: BufferOptions,
): Stage {
  const own = names.map((name) => devices.get(name) ?? rejectInput('places', `there is no device '${name}'`));
  const type = own[0]?.type ?? rejectInput('places', 'every stage needs one device at least');
  if (own.some((device) => device.type !== type)) {
    rejectInput('places', `the devices of a stage must be of one type: ${names.join(', ')}`);
  }
  let seconds = 0;
  let weights = 0;
  let peak = 0;
  for (const layer of profile.layers.slice(begin, begin + layers)) {
    seconds +=
      secondsOn(layer, type) ?? rejectInput('profile', `layer '${layer.name}' has no time on '${type}'`);
    weights += layer.weightBytes;
    peak = Math.max(peak, layer.peakBytes);
  }
  const end = begin + layers;
  return {
    devices: [...names],
    type,
    begin,
    end,
    seconds,
    memory: weights + workingBytes(profile, begin, end, peak, buffers),
  };
}

/** What a transfer between two stages takes at worst, where their devices have unlike links. */
export function slowestTransfer(transfers: readonly Transfer[]): Transfer {
  const worst = transfers[0] ?? rejectInput('places', 'every stage needs one device at least');
  return {
    width: worst.width,
    bytes: worst.bytes,
    seconds: Math.max(...transfers.map(({ seconds }) => seconds)),
    delay: Math.max(...transfers.map(({ delay }) => delay)),
  };
}

/**
 * The schedule that places of your own choice give: layers in order, stage by stage. It is not checked against the
 * memory of the devices: compare each stage's `memory`.
 *
 * @throws SpikeletError `invalid-input` where places and model do not match.
 */
export function place(
  profile: ModelProfile,
  devices: readonly Device[],
  network: Network,
  places: readonly StagePlace[],
  buffers: BufferOptions = {},
): Schedule {
  const byName = new Map(devices.map((device) => [device.name, device]));
  const total = places.reduce((sum, { layers }) => sum + layers, 0);
  if (total !== profile.layers.length || places.some(({ layers }) => !(layers >= 1))) {
    rejectInput('places', `must share out ${profile.layers.length} layers, one at least each, got ${total}`);
  }
  const used = places.flatMap((stage) => stage.devices);
  if (new Set(used).size !== used.length) rejectInput('places', 'use a device twice');
  let begin = 0;
  const stages = places.map((stagePlace) => {
    const stage = stageOf(profile, begin, stagePlace, byName, buffers);
    begin = stage.end;
    return stage;
  });
  const endsOf = (stage: Stage | undefined, otherwise: End): readonly End[] =>
    stage?.devices.flatMap((name) => byName.get(name) ?? []) ?? [otherwise];
  const transfers = [...stages, undefined].map((stage, i) => {
    const at = stage?.begin ?? profile.layers.length;
    const width = i === 0 || stage === undefined ? 'f32' : (places[i - 1]?.sends ?? 'f32');
    const bytes = cutBytes(crossing(profile, at), width, profile.batch);
    return slowestTransfer(
      endsOf(stages[i - 1], 'source').flatMap((from) =>
        endsOf(stage, 'sink').map((to) => transferOf(network, from, to, bytes, width)),
      ),
    );
  });
  return { model: profile.model, batch: profile.batch, stages, transfers };
}
