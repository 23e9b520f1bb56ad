import { type CutWidth, encodedBytes } from '../../src/pipeline/activation/width.js';
import { type Device, linkBetween, type Network } from '../../src/pipeline/device.js';
import type { PartitionOptions } from '../../src/pipeline/index.js';
import type { ModelProfile } from '../../src/pipeline/profile.js';

/** What a schedule comes to. */
export interface Outcome {
  readonly period: number;
  readonly latency: number;
  readonly cost: number;
}

interface Draft extends Outcome {
  readonly used: ReadonlySet<Device>;
  /** Devices of the last stage; none at the source. */
  readonly last: readonly Device[];
  readonly at: number;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function subsets(devices: readonly Device[], most: number): readonly (readonly Device[])[] {
  const all = Array.from({ length: 2 ** devices.length }, (_, mask) =>
    devices.filter((_device, i) => (mask >> i) & 1),
  );
  return all.filter(
    (set) => set.length > 0 && set.length <= most && new Set(set.map(({ type }) => type)).size === 1,
  );
}

/** Seconds of a message on the slowest link between two groups, and until it has arrived. */
function link(
  network: Network,
  from: readonly (Device | 'source')[],
  to: readonly (Device | 'sink')[],
  bytes: number,
): { busy: number; arrives: number } {
  let busy = 0;
  let delay = 0;
  for (const a of from) {
    for (const b of to) {
      const { bytesPerSecond, latency, streaming } = linkBetween(network, a, b);
      busy = Math.max(busy, bytes / bytesPerSecond + (streaming ? 0 : latency));
      delay = Math.max(delay, streaming ? latency : 0);
    }
  }
  return { busy, arrives: busy + delay };
}

function widthsAt({ accuracy }: PartitionOptions, at: number): readonly (readonly [CutWidth, number])[] {
  if (!accuracy) return [['f32', 0]];
  const all: readonly CutWidth[] = ['f32', 'f16', 8, 6, 4];
  return all.flatMap((width) => {
    const cost = accuracy.costs[width] ?? (width === 'f32' ? 0 : undefined);
    if (cost === undefined) return [];
    return [[width, typeof cost === 'number' ? cost : (cost[at - 1] ?? 0)] as const];
  });
}

/** Every schedule there is, written down without a thought for speed: the definition of what the partitioner does. */
export function everyOutcome(
  profile: ModelProfile,
  devices: readonly Device[],
  network: Network,
  options: PartitionOptions,
): readonly Outcome[] {
  const { mostDevices = devices.length, mostReplicas = 1, accuracy } = options;
  const { receive = 2, send = 2 } = options.buffers ?? {};
  const { layers, batch } = profile;
  const groups = subsets(devices, mostReplicas);
  const tensors = (at: number): readonly number[] =>
    at === 0 ? profile.inputs : (layers[at - 1]?.outputs ?? []);
  const bytes = (at: number, width: CutWidth): number =>
    batch * sum(tensors(at).map((count) => encodedBytes(count, width)));
  const outcomes: Outcome[] = [];

  const extend = (draft: Draft): void => {
    for (const group of groups) {
      if (group.some((device) => draft.used.has(device)) || draft.used.size + group.length > mostDevices)
        continue;
      const widths = draft.at === 0 ? ([['f32', 0]] as const) : widthsAt(options, draft.at);
      for (const [width, widthCost] of widths) {
        const from = draft.last.length > 0 ? draft.last : (['source'] as const);
        const { busy, arrives } = link(network, from, group, bytes(draft.at, width));
        const lanes = draft.last.length > 0 ? Math.min(draft.last.length, group.length) : 1;
        for (let end = draft.at + 1; end <= layers.length; end++) {
          const own = layers.slice(draft.at, end);
          const seconds = sum(own.map((layer) => layer.seconds[group[0]?.type ?? ''] ?? 0));
          const input = 4 * batch * sum(tensors(draft.at));
          const output = 4 * batch * sum(tensors(end));
          const memory =
            sum(own.map(({ weightBytes }) => weightBytes)) +
            Math.max(...own.map(({ peakBytes }) => peakBytes)) +
            input * (draft.at > 0 ? 1 + receive : 1) +
            output * (1 + send);
          if (group.some((device) => memory > device.memory)) continue;
          const next: Draft = {
            used: new Set([...draft.used, ...group]),
            last: group,
            at: end,
            period: Math.max(draft.period, busy / lanes, seconds / group.length),
            latency: draft.latency + arrives + seconds,
            cost: draft.cost + widthCost,
          };
          if (accuracy && next.cost > accuracy.bound) continue;
          if (end < layers.length) {
            extend(next);
            continue;
          }
          const out = link(network, group, ['sink'], bytes(end, 'f32'));
          const period = Math.max(next.period, out.busy);
          outcomes.push({ period, latency: next.latency + out.arrives, cost: next.cost });
        }
      }
    }
  };
  extend({ used: new Set(), last: [], at: 0, period: 0, latency: 0, cost: 0 });
  return outcomes;
}

/** Pairs of period and latency that no other one beats, the shortest period first. */
export function frontOf(outcomes: readonly Outcome[]): readonly (readonly [number, number])[] {
  const sorted = [...outcomes].sort((a, b) => a.period - b.period || a.latency - b.latency);
  const front: (readonly [number, number])[] = [];
  for (const { period, latency } of sorted) {
    if (latency < (front.at(-1)?.[1] ?? Number.POSITIVE_INFINITY)) front.push([period, latency]);
  }
  return front;
}
