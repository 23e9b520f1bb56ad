import { describe, expect, test } from 'vitest';
import {
  type Device,
  type ModelProfile,
  partition,
  periodOf,
  place,
  simulate,
} from '../../src/pipeline/index.js';
import { authorsSite, hasAuthorsProfiles } from './authors.js';
import { pipeEdgePlaces } from './pipeedge-scheduler.js';

const reason = hasAuthorsProfiles
  ? ''
  : ' (skipped: ../shared/data/pipeedge is not there; it is no part of the package)';

/** Least bottlenecks in seconds, to microseconds: computed elsewhere from the same measurements. */
const known: readonly (readonly ['base' | 'large', number, number, number])[] = [
  ['base', 1, 0, 13.058435],
  ['base', 2, 0, 6.584145],
  ['base', 4, 0, 3.354294],
  ['base', 8, 0, 1.737267],
  ['base', 16, 0, 0.996178],
  ['base', 0, 1, 10.38639],
  ['base', 0, 16, 0.800788],
  ['base', 4, 4, 1.54876],
  ['base', 8, 8, 0.800788],
  ['base', 4, 12, 0.800788],
  ['large', 2, 0, 22.328738],
  ['large', 4, 0, 11.228212],
  ['large', 8, 0, 5.703341],
  ['large', 16, 0, 3.000874],
  ['large', 8, 8, 2.57322],
];

describe.runIf(hasAuthorsProfiles)(`the authors' measurements${reason}`, () => {
  test.each(known)('ViT-%s on %i Minnow and %i RCC: %f s', async (size, minnows, rccs, seconds) => {
    const { profile, devices, network } = await authorsSite(size, minnows, rccs);
    const { period, schedule, throughput } = partition(profile, devices, network);
    expect(period).toBeCloseTo(seconds, 6);
    expect(throughput).toBe(8 / period);
    expect(simulate(schedule, { items: 300 }).period / period).toBeCloseTo(1, 9);
  });

  test.each([
    [1000, 0.800788],
    [100, 0.854413],
    [50, 0.855482],
    [20, 1.846875],
    [10, 3.69375],
    [5, 7.3875],
  ])('ViT-base on 8 and 8 with links of %i Mbps: %f s', async (mbps, seconds) => {
    const { profile, devices, network } = await authorsSite('base', 8, 8, mbps);
    expect(partition(profile, devices, network).period).toBeCloseTo(seconds, 6);
  });

  test('4 and 4 are as fast where they take turns with 5 and 7 layers', async () => {
    const { profile, devices, network } = await authorsSite('base', 4, 4);
    const places = [0, 1, 2, 3].flatMap((i) => [
      { devices: [`minnow${i}`], layers: 5 },
      { devices: [`rcc${i}`], layers: 7 },
    ]);
    const schedule = place(profile, devices, network, places);
    expect(periodOf(schedule)).toBe(partition(profile, devices, network).period);
  });

  test('ViT-large does not fit into one Minnow', async () => {
    const { profile, devices, network } = await authorsSite('large', 1, 0);
    expect(() => partition(profile, devices, network)).toThrow(
      expect.objectContaining({ code: 'out-of-memory' }),
    );
  });

  test.each([
    ['base', 8, 8, 0.9943],
    ['large', 8, 8, 2.9962],
    ['base', 4, 12, 0.9853],
  ] as const)("PipeEdge's own scheduler gives ViT-%s on %i and %i %f s", async (size, minnows, rccs, seconds) => {
    const { profile, devices, network } = await authorsSite(size, minnows, rccs);
    const schedule = place(profile, devices, network, pipeEdgePlaces(profile, devices));
    expect(periodOf(schedule)).toBeCloseTo(seconds, 4);
  });
});

describe('types of devices are told apart', () => {
  const profile: ModelProfile = {
    model: 'ten layers',
    batch: 1,
    inputs: [1],
    layers: Array.from({ length: 10 }, () => ({
      name: 'layer',
      seconds: { A: 1, B: 9 },
      weightBytes: 0,
      peakBytes: 0,
      outputs: [1],
    })),
  };
  const devicesOf = (as: number, bs: number): readonly Device[] =>
    ['A', 'B'].flatMap((type, t) =>
      Array.from({ length: t === 0 ? as : bs }, (_, i) => ({ name: `${type}${i}`, type, memory: 1e9 })),
    );

  test.each([
    [2, 1, 36],
    [2, 2, 27],
  ])('%i fast ones and %i slow ones: 5 s, where PipeEdge gives %i s', (as, bs, theirs) => {
    const devices = devicesOf(as, bs);
    expect(partition(profile, devices).period).toBe(5);
    expect(periodOf(place(profile, devices, {}, pipeEdgePlaces(profile, devices)))).toBe(theirs);
  });

  test('no device of the first type', () => {
    expect(partition(profile, devicesOf(0, 1)).period).toBe(90);
  });
});
