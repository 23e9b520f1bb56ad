import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeDevices, writeProfile } from '../../src/pipeline/index.js';
import { capture, captureJson } from './capture.js';

const folder = mkdtempSync(join(tmpdir(), 'spikelet-partition-'));
const put = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const layers = Array.from({ length: 6 }, (_, i) => ({
  name: `layer ${i + 1}`,
  seconds: { board: 0.5 },
  weightBytes: 1e6,
  peakBytes: 0,
  outputs: [1000],
}));
const model = put('profile.json', writeProfile({ model: 'six layers', batch: 2, inputs: [1000], layers }));
const devices = put(
  'devices.json',
  writeDevices({
    devices: ['a', 'b', 'c'].map((name) => ({ name, type: 'board', memory: 64e6 })),
    network: { link: { bytesPerSecond: 1e6 } },
  }),
);
const files = ['--model', model, '--devices', devices];

const yaml = {
  models: put('models.yml', 'm: {layers: 2, mem_MB: [1, 1], parameters_in: 4, parameters_out: [4]}\n'),
  types: put(
    'device_types.yml',
    'board:\n  bw_Mbps: 100\n  mem_MB: 64\n  model_profiles:\n    m: [{dtype: torch.float32, batch_size: 8, time_s: [1, 2]}]\n',
  ),
  devices: put('devices.yml', 'board: [a, b]\n'),
};

describe('spikelet partition', () => {
  test('prints the stages and what holds them up', async () => {
    const { code, out, err } = await capture(['partition', ...files]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('period      1.000000 s');
    expect(out).toMatch(/1 {2}a {8}board {5}1-2 {2}1\.000000 s {2}100\.0 %/);
    expect(out).toContain('The bottleneck is stage 1 (layers 1 to 2 on a)');
    expect(out).toContain('One more device of type board would bring nothing.');
  });

  test('says that nothing limits layers that take no time', async () => {
    const instant = layers.map((layer) => ({ ...layer, seconds: { board: 0 } }));
    const profile = writeProfile({ model: 'instant', batch: 1, inputs: [1000], layers: instant });
    const given = ['partition', '--model', put('instant.json', profile), '--devices', devices];
    const { code, out } = await capture(given);
    expect(code).toBe(0);
    expect(out).toContain('throughput  unlimited: no stage takes any time');
    expect(out).not.toMatch(/Infinity|NaN/);
    expect(await captureJson(given)).toMatchObject({ period: 0, throughput: null });
  });

  test('gives the same as one document', async () => {
    const answer = await captureJson(['partition', ...files]);
    expect(answer).toMatchObject({ model: 'six layers', period: 1, throughput: 2, unused: [] });
    expect(answer.stages).toHaveLength(3);
    expect(answer.transfers).toHaveLength(4);
  });

  test('takes limits, replicas and widths', async () => {
    const two = await captureJson(['partition', ...files, '--most-devices', '2']);
    expect(two.period).toBe(1.5);
    const shared = await captureJson(['partition', ...files, '--replicas', '3']);
    expect(shared.period).toBe(1);
    const widths = ['--widths', '8=0.5', '--accuracy-bound', '1', '--objective', 'latency'];
    expect((await captureJson(['partition', ...files, ...widths])).latency).toBe(3);
  });

  test('lists the trade-offs', async () => {
    const { front } = await captureJson(['partition', ...files, '--front']);
    expect(front).toHaveLength(3);
    const { out } = await capture(['partition', ...files, '--front']);
    expect(out).toMatch(/period +latency +stages +devices/);
  });

  test("reads PipeEdge's files and tells what is odd about them", async () => {
    const argv = ['partition', '--model', yaml.models, '--types', yaml.types, '--devices', yaml.devices];
    const { code, out, err } = await capture(argv);
    expect(code).toBe(0);
    expect(out).toContain('period      2.000000 s');
    expect(err).toContain('parameters_out has 1 of 2 entries');
  });

  test('draws', async () => {
    const svg = join(folder, 'timeline.svg');
    expect((await capture(['partition', ...files, '--svg', svg])).code).toBe(0);
    expect(readFileSync(svg, 'utf8')).toMatch(/^<svg /);
  });

  const broken = put('broken.json', '{"format":"spikelet-devices","version":1,"devices":[{"type":"x"}]}');
  test.each<[what: string, argv: readonly string[], code: number, message: string]>([
    ['no model', ['--devices', devices], 2, 'needs --model <file>'],
    ['one of each kind', ['--model', model, '--devices', yaml.devices], 2, 'must both be JSON or both'],
    ['no types', ['--model', yaml.models, '--devices', yaml.devices], 2, 'need --types'],
    ['types for JSON', [...files, '--types', yaml.types], 2, "--types is for PipeEdge's YAML files"],
    ['widths without a bound', [...files, '--widths', '8=1'], 2, 'need each other'],
    [
      'an unknown width',
      [...files, '--widths', '7=1', '--accuracy-bound', '1'],
      2,
      'accuracy.costs.7: is no width',
    ],
    ['a front with an objective', [...files, '--front', '--objective', 'latency'], 2, '--front goes without'],
    ['a missing file', ['--model', 'none.json', '--devices', devices], 1, 'none.json: there is no such file'],
    [
      'a broken file',
      ['--model', model, '--devices', broken],
      1,
      `${broken}: devices[0].memory: must be a finite number`,
    ],
  ])('%s', async (_, argv, code, message) => {
    const outcome = await capture(['partition', ...argv]);
    expect(outcome).toMatchObject({ code, out: '' });
    expect(outcome.err).toContain(message);
  });
});
