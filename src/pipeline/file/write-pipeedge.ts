import { rejectInput } from '../check.js';
import type { Device, Network } from '../device.js';
import { isMeasuredOn, type ModelProfile, secondsOn } from '../profile.js';
import type { Schedule } from '../schedule.js';
import { bytesPerMegabit, mebi, type PipeEdgeFiles } from './pipeedge.js';
import { yamlText } from './yaml.js';

const elementsOf = (elements: readonly number[]): number => elements.reduce((sum, count) => sum + count, 0);

function modelsFrom({ model, layers, inputs }: ModelProfile): object {
  return {
    [model]: {
      layers: layers.length,
      mem_MB: layers.map(({ weightBytes, peakBytes }) => (weightBytes + peakBytes) / mebi),
      parameters_in: elementsOf(inputs),
      parameters_out: layers.map(({ outputs }) => elementsOf(outputs)),
    },
  };
}

function typesFrom(profile: ModelProfile, devices: readonly Device[], dtype: string): object {
  const types = new Map<string, Device>();
  for (const device of devices) {
    const first = types.get(device.type) ?? device;
    if (first.memory !== device.memory || first.bytesPerSecond !== device.bytesPerSecond) {
      rejectInput(
        `devices.${device.name}`,
        'PipeEdge knows one memory and one bandwidth for all devices of a type',
      );
    }
    types.set(device.type, first);
  }
  const entries = [...types].map(([type, { memory, bytesPerSecond }]) => {
    if (bytesPerSecond === undefined) {
      rejectInput(`devices.${type}`, 'PipeEdge needs a bandwidth: give the devices bytesPerSecond');
    }
    const times = profile.layers.map((layer) => secondsOn(layer, type) ?? 0);
    const measured = isMeasuredOn(profile, type)
      ? { [profile.model]: [{ dtype, batch_size: profile.batch, time_s: times }] }
      : {};
    return [
      type,
      { bw_Mbps: bytesPerSecond / bytesPerMegabit, mem_MB: memory / mebi, model_profiles: measured },
    ] as const;
  });
  return Object.fromEntries(entries);
}

function hostsFrom(devices: readonly Device[]): object {
  const types = [...new Set(devices.map(({ type }) => type))];
  return Object.fromEntries(
    types.map((type) => [type, devices.filter((device) => device.type === type).map(({ name }) => name)]),
  );
}

function neighborsFrom({ links = [] }: Network, devices: readonly Device[]): object {
  const names = devices.map(({ name }) => name);
  const entries = names.flatMap((name) => {
    const own = links.flatMap(({ from, to, bytesPerSecond }) =>
      from === name && names.includes(to) && bytesPerSecond !== undefined
        ? [[to, { bw_Mbps: bytesPerSecond / bytesPerMegabit }] as const]
        : [],
    );
    return own.length > 0 ? [[name, Object.fromEntries(own)] as const] : [];
  });
  return Object.fromEntries(entries);
}

/**
 * PipeEdge's YAML files for a profile and devices. They know no latencies, no working memory of its own and no source
 * or sink: what they cannot say is left out, working memory is added to the layer's. Throws `invalid-input` for
 * devices of one type that differ.
 */
export async function writePipeEdge(
  profile: ModelProfile,
  devices: readonly Device[],
  network: Network = {},
  dtype = 'torch.float32',
): Promise<Required<PipeEdgeFiles>> {
  return {
    models: await yamlText(modelsFrom(profile)),
    deviceTypes: await yamlText(typesFrom(profile, devices, dtype)),
    devices: await yamlText(hostsFrom(devices)),
    neighbors: await yamlText(neighborsFrom(network, devices)),
  };
}

/** A schedule as PipeEdge prints it: host by host, with the first and the last layer counted from 1. */
export async function writePipeEdgeSchedule({ stages }: Schedule): Promise<string> {
  return yamlText(
    stages.map(({ devices, begin, end }, i) => {
      const [host = '', ...others] = devices;
      if (others.length > 0) rejectInput(`stages[${i}]`, 'PipeEdge knows one device a stage');
      return { [host]: [begin + 1, end] };
    }),
  );
}
