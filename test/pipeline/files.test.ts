import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SpikeletError } from '../../src/error.js';
import {
  partition,
  readDevices,
  readPipeEdge,
  readProfile,
  writeDevices,
  writePipeEdge,
  writePipeEdgeSchedule,
  writeProfile,
} from '../../src/pipeline/index.js';
import { authorsSite, hasAuthorsProfiles } from './authors.js';
import { instances } from './instances.js';

const models = `
none: {layers: 0, mem_MB: [], parameters_in: 0, parameters_out: []}
small: {layers: 4, mem_MB: [1, 2, 3, 4.5], parameters_in: 10, parameters_out: [20, 30]}
`;
const deviceTypes = `
board:
  bw_Mbps: 100
  mem_MB: 64
  model_profiles:
    small:
    - {dtype: torch.float16, batch_size: 8, time_s: [9, 9, 9, 9]}
    - {dtype: torch.float32, batch_size: 8, time_s: [1, 2, 3, 4]}
empty: {bw_Mbps: 1, mem_MB: 0, model_profiles: }
`;
const devices = 'board: [a, b]\nempty: [c]\n';
const files = { models, deviceTypes, devices };

describe('PipeEdge files', () => {
  test('are read with units of 1024 * 1024', async () => {
    const site = await readPipeEdge(files);
    expect(site.profile).toMatchObject({ model: 'small', batch: 8, inputs: [10] });
    expect(site.profile.layers[3]).toEqual({
      name: 'layer 4',
      seconds: { board: 4 },
      weightBytes: 4.5 * 1024 ** 2,
      peakBytes: 0,
      outputs: [30],
    });
    expect(site.devices[0]).toEqual({
      name: 'a',
      type: 'board',
      memory: 64 * 1024 ** 2,
      bytesPerSecond: (100 * 1024 ** 2) / 8,
    });
  });

  test('warn of what is repeated and of types that were not measured', async () => {
    const site = await readPipeEdge(files);
    expect(site.warnings).toEqual([
      'models.small.parameters_out has 2 of 4 entries: they are repeated',
      'device_types.empty has no times of small with torch.float32 and batch 8: left out',
    ]);
    expect(partition(site.profile, site.devices, site.network).warnings).toEqual([
      "the profile has no times on devices of type 'empty': left out",
    ]);
  });

  test('of neighbours give single links their bandwidth', async () => {
    const neighbors = 'a: {b: {bw_Mbps: 8}}\n';
    const { network } = await readPipeEdge({ ...files, neighbors });
    expect(network).toEqual({ links: [{ from: 'a', to: 'b', bytesPerSecond: 1024 ** 2 }] });
  });

  test('come back as they were written', async () => {
    const {
      profile,
      devices: list,
      network,
    } = await readPipeEdge({ ...files, neighbors: 'a: {b: {bw_Mbps: 8}}\n' });
    const boards = list.filter(({ type }) => type === 'board');
    const written = await writePipeEdge(profile, boards, network);
    const again = await readPipeEdge(written);
    expect({ profile: again.profile, devices: again.devices, network: again.network }).toEqual({
      profile,
      devices: boards,
      network,
    });
  });

  test.runIf(hasAuthorsProfiles)('of the authors come back to the last bit', async () => {
    const site = await authorsSite('large', 2, 2);
    const again = await readPipeEdge(await writePipeEdge(site.profile, site.devices));
    expect(again.profile).toEqual(site.profile);
    expect(again.devices).toEqual(site.devices);
  });

  test('of schedules name hosts with layers from 1 on', async () => {
    const { profile, devices: list } = await readPipeEdge(files);
    const text = await writePipeEdgeSchedule(partition(profile, list).schedule);
    expect(text.replace(/\s/g, '')).toBe('-a:-1-3-b:-4-4');
  });

  const more = (text: string): string => deviceTypes.replace('[1, 2, 3, 4]', text);
  test.each([
    ['no YAML', { ...files, models: 'a: [1' }, {}, 'models: is not YAML'],
    ['an alias', { ...files, models: 'a: &x [1]\nb: *x' }, {}, 'models: is not YAML'],
    ['no model of that name', files, { model: 'smal' }, "models: has no 'smal'; did you mean 'small'?"],
    ['no model', { ...files, models: '{}' }, {}, 'models: has no model'],
    [
      'several models',
      { ...files, models: `${models}other: {layers: 1}` },
      {},
      'models: has 2 models: say which',
    ],
    [
      'too few times',
      { ...files, deviceTypes: more('[1, 2]') },
      {},
      'device_types.board.model_profiles.small.time_s: must have 4 entries, got 2',
    ],
    [
      'no number',
      { ...files, deviceTypes: more('[1, 2, x, 4]') },
      {},
      'device_types.board.model_profiles.small.time_s[2]: must be a finite number',
    ],
    [
      'a negative time',
      { ...files, deviceTypes: more('[1, 2, -3, 4]') },
      {},
      'profile.layers[2].seconds.board: must be a finite number of at least 0, got -3',
    ],
    [
      'too many outputs',
      { ...files, models: models.replace('[20, 30]', '[1, 2, 3, 4, 5]') },
      {},
      'models.small.parameters_out: must have 1 to 4 entries, got 5',
    ],
    ['an unknown type', { ...files, devices: 'bord: [a]' }, {}, "devices: has hosts of a type 'bord'"],
    ['no host', { ...files, devices: 'board: []' }, {}, 'devices: name no host'],
  ])('%s is refused', async (_, texts, options, message) => {
    const refused = readPipeEdge(texts, options);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(SpikeletError);
  });
});

describe('JSON files', () => {
  test('come back as they were written', () => {
    fc.assert(
      fc.property(instances(4, 4), ({ profile, devices: list, network }) => {
        expect(readProfile(writeProfile(profile))).toEqual(profile);
        const site = JSON.parse(JSON.stringify({ devices: list, network }));
        expect(readDevices(writeDevices({ devices: list, network }))).toEqual(site);
      }),
    );
  });

  test('an entry with a count is that many devices', () => {
    const text = '{"format":"spikelet-devices","version":1,"devices":[{"type":"x","memory":8,"count":2}]}';
    expect(readDevices(text).devices).toEqual([
      { name: 'x-1', type: 'x', memory: 8 },
      { name: 'x-2', type: 'x', memory: 8 },
    ]);
  });

  const good = { format: 'spikelet-devices', version: 1, devices: [{ name: 'a', type: 'x', memory: 8 }] };
  const deviceWith = (fields: object): object => ({ ...good, devices: [{ ...good.devices[0], ...fields }] });
  test.each([
    ['no JSON', 'text', 'devices: is not JSON'],
    ['another format', { ...good, format: 'y' }, "devices.format: must be 'spikelet-devices'"],
    ['another version', { ...good, version: 2 }, 'devices.version: must be an integer from 1 to 1'],
    ['an unknown field', deviceWith({ memry: 1 }), "devices[0]: has an unknown field 'memry'"],
    ['no memory', deviceWith({ memory: undefined }), 'devices[0].memory: must be a finite number'],
    [
      'a negative memory',
      deviceWith({ memory: -1 }),
      'devices[0].memory: must be a finite number of at least 0',
    ],
    ['no speed', deviceWith({ bytesPerSecond: 0 }), 'devices[0].bytesPerSecond: must be a number above 0'],
    ['a reserved name', deviceWith({ name: 'sink' }), "devices[0].name: 'sink' has a meaning of its own"],
    [
      'a name twice',
      { ...good, devices: [good.devices[0], good.devices[0]] },
      "devices[1].name: 'a' is the name of another device too",
    ],
    [
      'a link to nowhere',
      { ...good, network: { links: [{ from: 'a', to: 'b' }] } },
      "network.links[0].to: 'b' is neither the name nor the type of a device",
    ],
    [
      'a latency that is none',
      { ...good, network: { link: { latency: '1' } } },
      'network.link.latency: must be a finite number',
    ],
  ])('%s is refused', (_, content, message) => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    expect(() => readDevices(text)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
    expect(() => readDevices(text)).toThrow(message);
  });

  test.each([
    [
      '{"format":"spikelet-profile","version":1,"model":"m","batch":0,"inputs":[],"layers":[]}',
      'profile.batch',
    ],
    [
      '{"format":"spikelet-profile","version":1,"model":"m","batch":1,"inputs":[],"layers":[]}',
      'profile.layers',
    ],
    [
      '{"format":"spikelet-profile","version":1,"model":"m","batch":1,"inputs":[0],"layers":[]}',
      'profile.inputs[0]: must be an integer',
    ],
  ])('a profile such as %s is refused', (text, message) => {
    expect(() => readProfile(text)).toThrow(message);
  });
});
