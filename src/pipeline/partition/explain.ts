import { SpikeletError } from '../../error.js';
import type { Device, Network } from '../device.js';
import type { ModelProfile } from '../profile.js';
import { type LoadedPart, partsOf, type Schedule } from '../schedule.js';
import type { PartitionOptions } from './options.js';
import { type Partition, partition } from './partition.js';

/** What a change to the devices would bring. */
export interface Prospect {
  /** One more device like an existing one, or one more of those that are there than `mostDevices` allows. */
  readonly change: 'device' | 'limit';
  /** The type of the device more; for a limit, how many devices it then allows. */
  readonly of: string;
  /** The new period or, where that is the objective, latency. */
  readonly seconds: number;
  /** The figure of now in relation to the new one. */
  readonly gain: number;
}

/** How busy a part is in relation to the bottleneck. */
export interface PartLoad extends LoadedPart {
  readonly load: number;
}

export interface Explanation {
  readonly parts: readonly PartLoad[];
  /** From the greatest gain to the least; none where a search became too large. */
  readonly prospects: readonly Prospect[];
  /** The same in words, one sentence a line. */
  readonly text: string;
}

/** A part of a schedule in words. */
export function partInWords({ stages, transfers }: Schedule, { kind, index }: LoadedPart): string {
  const [before, after] = [stages[index - 1], stages[index]];
  if (kind === 'stage') {
    return `stage ${index + 1} (layers ${(after?.begin ?? 0) + 1} to ${after?.end} on ${after?.devices.join(', ')})`;
  }
  const [from, to] = [before?.devices.join(', ') ?? 'the source', after?.devices.join(', ') ?? 'the sink'];
  return `the link from ${from} to ${to} (${transfers[index]?.bytes} bytes as ${widthInWords(transfers[index]?.width)})`;
}

const widthInWords = (width: unknown): string =>
  typeof width === 'number' ? `${width} bits` : String(width);

const figureOf = ({ period, latency }: Partition, { objective }: PartitionOptions): number =>
  objective === 'latency' ? latency : period;

/** What is aimed at, with other devices or options; undefined where nothing is found. */
function figureWith(
  profile: ModelProfile,
  devices: readonly Device[],
  network: Network,
  options: PartitionOptions,
): number | undefined {
  try {
    return figureOf(partition(profile, devices, network, options), options);
  } catch (error) {
    if (error instanceof SpikeletError) return undefined;
    throw error;
  }
}

/** A device like another, with links like its own. */
function withTwin(
  devices: readonly Device[],
  network: Network,
  device: Device,
): readonly [readonly Device[], Network] {
  const twin = { ...device, name: `${device.name} (one more)` };
  const own = (network.links ?? []).filter(({ from, to }) => from === device.name || to === device.name);
  const links = own.map((link) => ({
    ...link,
    from: link.from === device.name ? twin.name : link.from,
    to: link.to === device.name ? twin.name : link.to,
  }));
  return [[...devices, twin], { ...network, links: [...(network.links ?? []), ...links] }];
}

function prospectsOf(
  answer: Partition,
  profile: ModelProfile,
  devices: readonly Device[],
  network: Network,
  options: PartitionOptions,
): readonly Prospect[] {
  const { mostDevices } = options;
  const firsts = devices.filter((device, i) => devices.findIndex(({ type }) => type === device.type) === i);
  const more = firsts.map((device) => {
    const [all, links] = withTwin(devices, network, device);
    const limit = mostDevices === undefined ? {} : { mostDevices: mostDevices + 1 };
    return ['device', device.type, figureWith(profile, all, links, { ...options, ...limit })] as const;
  });
  const raised =
    mostDevices !== undefined && mostDevices < devices.length
      ? [
          [
            'limit',
            String(mostDevices + 1),
            figureWith(profile, devices, network, { ...options, mostDevices: mostDevices + 1 }),
          ] as const,
        ]
      : [];
  return [...more, ...raised]
    .flatMap(([change, of, next]) =>
      next === undefined
        ? []
        : [{ change, of, seconds: next, gain: figureOf(answer, options) / next } satisfies Prospect],
    )
    .sort((a, b) => b.gain - a.gain);
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function prospectInWords({ change, of, seconds, gain }: Prospect, what: 'throughput' | 'speed'): string {
  const subject = change === 'device' ? `One more device of type ${of}` : `A limit of ${of} devices`;
  return gain > 1
    ? `${subject} would bring ${percent(gain - 1)} more ${what} (${seconds.toFixed(4)} s).`
    : `${subject} would bring nothing.`;
}

/**
 * Why a partition is as fast as it is, and what one more device of each type would bring: it asks the partitioner once
 * for each.
 */
export function explain(
  answer: Partition,
  profile: ModelProfile,
  devices: readonly Device[],
  network: Network = {},
  options: PartitionOptions = {},
): Explanation {
  const { schedule, bottleneck, period, unused } = answer;
  const parts = partsOf(schedule).map((part) => ({ ...part, load: period > 0 ? part.period / period : 0 }));
  const stages = parts.filter(({ kind }) => kind === 'stage');
  const mean = stages.reduce((sum, { load }) => sum + load, 0) / stages.length;
  const prospects = prospectsOf(answer, profile, devices, network, options);
  const gained = options.objective === 'latency' ? 'speed' : 'throughput';
  const lines = [
    `The bottleneck is ${partInWords(schedule, bottleneck)}: ${period.toFixed(4)} s a micro-batch.`,
    `${stages.length === 1 ? 'The stage is' : `The ${stages.length} stages are`} busy ${percent(mean)} of the time on average.`,
    ...(unused.length > 0 ? [`Not used: ${unused.join(', ')}.`] : []),
    ...prospects.map((prospect) => prospectInWords(prospect, gained)),
  ];
  return { parts, prospects, text: lines.join('\n') };
}
