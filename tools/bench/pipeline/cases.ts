import type { Device, ModelProfile, PartitionOptions } from '../../../src/pipeline/index.js';

/** Numbers from 0 to 1 that follow from a seed. */
function randoms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A transformer of blocks of four layers, with times that differ a little from layer to layer and a lot by type. */
export function profileOf(layers: number, types: number, seed: number): ModelProfile {
  const random = randoms(seed);
  const usual = [0.56, 0.14, 0.6, 0.53];
  const elements = [403_456, 201_728, 1_008_640, 201_728];
  return {
    model: `${layers} layers on ${types} types`,
    batch: 8,
    inputs: [150_528],
    layers: Array.from({ length: layers }, (_, i) => ({
      name: `layer ${i + 1}`,
      seconds: Object.fromEntries(
        Array.from({ length: types }, (_, t) => {
          const seconds = ((usual[i % 4] ?? 0) * (0.95 + 0.1 * random())) / (1 + 0.4 * t);
          return [`type ${t + 1}`, seconds] as const;
        }),
      ),
      weightBytes: 30e6,
      peakBytes: 0,
      outputs: [elements[i % 4] ?? 0],
    })),
  };
}

export function devicesOf(count: number, types: number): readonly Device[] {
  return Array.from({ length: count }, (_, i) => {
    const type = i % types;
    return {
      name: `device ${i + 1}`,
      type: `type ${type + 1}`,
      memory: (1 + type) * 2 ** 30,
      bytesPerSecond: 40e6 * (1 + type),
    };
  });
}

/** Devices each of which has a link of its own, so that none can stand in for another. */
export const unlike = (devices: readonly Device[]): readonly Device[] =>
  devices.map((device, i) => ({ ...device, bytesPerSecond: 40e6 + 1e6 * i }));

export const optionSets: Readonly<Record<string, PartitionOptions>> = {
  plain: {},
  'at most 10 devices': { mostDevices: 10 },
  'up to 4 replicas': { mostReplicas: 4 },
  'five widths': {
    accuracy: { costs: { f32: 0, f16: 0.01, 8: 0.05, 6: 0.2, 4: 0.7 }, bound: 1 },
  },
  latency: { objective: 'latency' },
  'latency, five widths': {
    objective: 'latency',
    accuracy: { costs: { f32: 0, f16: 0.01, 8: 0.05, 6: 0.2, 4: 0.7 }, bound: 1 },
  },
};
