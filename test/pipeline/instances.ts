import fc from 'fast-check';
import type { Device, ModelProfile, Network, NetworkLink } from '../../src/pipeline/index.js';

/** A small question to the partitioner. Whole and dyadic numbers, so that sums are exact in any order. */
export interface Instance {
  readonly profile: ModelProfile;
  readonly devices: readonly Device[];
  readonly network: Network;
}

const types = ['a', 'b', 'c'];

function profileOf(layers: number): fc.Arbitrary<ModelProfile> {
  const seconds = fc.tuple(...types.map(() => fc.integer({ min: 0, max: 40 })));
  const layer = fc
    .record({
      times: seconds,
      weightBytes: fc.integer({ min: 0, max: 64 }),
      peakBytes: fc.integer({ min: 0, max: 16 }),
      outputs: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 2 }),
    })
    .map(({ times, ...rest }) => ({
      ...rest,
      name: 'layer',
      seconds: Object.fromEntries(times.map((time, t) => [types[t] ?? '', time / 8])),
    }));
  return fc.record({
    model: fc.constant('generated'),
    batch: fc.integer({ min: 1, max: 2 }),
    inputs: fc.constant([3]),
    layers: fc.array(layer, { minLength: 1, maxLength: layers }),
  });
}

const link = fc.record(
  {
    bytesPerSecond: fc.constantFrom(8, 32, 64, 1024),
    latency: fc.constantFrom(0, 0.25, 2),
    streaming: fc.boolean(),
  },
  { requiredKeys: [] },
);

function networkOf(devices: readonly Device[]): fc.Arbitrary<Network> {
  const names = devices.flatMap(({ name, type }) => [name, type]);
  const listed: fc.Arbitrary<NetworkLink> = fc
    .tuple(fc.constantFrom(...names, 'source'), fc.constantFrom(...names, 'sink'), link)
    .map(([from, to, own]) => ({ from, to, ...own }));
  return fc.record(
    { link, source: link, sink: link, links: fc.array(listed, { maxLength: 3 }) },
    { requiredKeys: [] },
  );
}

function devicesOf(count: number): fc.Arbitrary<readonly Device[]> {
  const device = fc.record({
    type: fc.constantFrom(...types),
    memory: fc.constantFrom(250, 1000, 1000, 1e6),
    bytesPerSecond: fc.constantFrom(16, 512, undefined),
  });
  return fc
    .array(device, { minLength: 1, maxLength: count })
    .map((list) => list.map((own, i) => ({ name: `device ${i}`, ...own })));
}

/** Questions small enough for every schedule to be tried. */
export const instances = (layers: number, devices: number): fc.Arbitrary<Instance> =>
  devicesOf(devices).chain((list) =>
    fc.record({ profile: profileOf(layers), devices: fc.constant(list), network: networkOf(list) }),
  );

const cost = fc.constantFrom(0, 0.25, 0.5, 1, 2);

/** Costs of some widths, the same at all cuts or one for each, with a bound. */
export const accuracies = (layers: number) =>
  fc.record({
    costs: fc.record(
      {
        f32: fc.constantFrom(0, 0.25),
        f16: cost,
        8: fc.oneof(cost, fc.array(cost, { minLength: layers - 1, maxLength: layers - 1 })),
        4: cost,
      },
      { requiredKeys: [] },
    ),
    bound: fc.constantFrom(0, 0.5, 1, 3),
  });
