import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../../src/format/spikelet.js';
import { hasNats, startNats, type TestServer } from '../devices/nats-server.js';
import { residual } from '../pipeline/run/networks.js';
import { capture, captureJson } from './capture.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const token = 'a secret of this test';
const program = join(root, 'dist/cli/main.js');
const run = promisify(execFile);

let folder = '';
let model = '';
let server: TestServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'spikelet-devices-'));
  model = join(folder, 'model.spikelet');
  writeFileSync(model, pack(residual.graph));
  if (hasNats) server = await startNats(`authorization { token: "${token}" }`);
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  if (hasNats) await server.stop();
});

describe('arguments that are refused', () => {
  test.each<readonly [string, readonly string[], string]>([
    ['neither workers nor devices', ['pipeline', 'MODEL'], 'pipeline needs --workers <n>, or --nats <url>'],
    ['both', ['pipeline', 'MODEL', '--workers', '2', '--nats', 'nats://localhost'], 'pipeline needs'],
    [
      'a token for workers',
      ['pipeline', 'MODEL', '--workers', '2', '--token', 'x'],
      'goes together with --nats',
    ],
    ['no trust', ['stage', '--nats', 'nats://localhost'], 'stage needs --trust'],
    ['trust in nothing', ['stage', '--nats', 'nats://localhost', '--trust', 'me'], '64 hexadecimal digits'],
    ['all trust and more', ['stage', '--nats', 'x', '--trust', 'any', '--trust', 'ab'], 'not both'],
    [
      'another machine in the clear',
      ['stage', '--nats', 'nats://10.0.0.1', '--trust', 'any'],
      'another machine',
    ],
    [
      'no certificate',
      ['stage', '--nats', 'x', '--trust', 'any', '--ca', 'MODEL'],
      'tls.ca: must be a PEM text',
    ],
    ['no credentials', ['stage', '--nats', 'x', '--trust', 'any', '--credentials', 'MODEL'], 'NKEY seed'],
    ['a key for workers', ['pipeline', 'MODEL', '--workers', '2', '--key', 'x'], 'goes together with --nats'],
    ['nobody to another machine', ['stage', '--nats', 'tls://10.0.0.1', '--trust', 'any'], 'a token, a user'],
  ])('%s', async (_, argv, message) => {
    const { code, err } = await capture(argv.map((word) => (word === 'MODEL' ? model : word)));
    expect(err).toContain(message);
    expect(code).toBe(2);
  });
});

function startStage(name: string, trust: string): ChildProcess {
  const argv = ['stage', '--nats', server.url, '--name', name, '--trust', trust, '--json'];
  // The token from the environment, as it should not show in the list of processes.
  const env = { ...process.env, SPIKELET_NATS_TOKEN: token };
  return spawn(process.execPath, [program, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

const textOf = async (stream: NodeJS.ReadableStream | null): Promise<string> => {
  let text = '';
  for await (const chunk of stream ?? []) text += String(chunk);
  return text;
};

describe.skipIf(!hasNats)('stages of a model', { timeout: 90_000 }, () => {
  test('run on devices that trust its identity, until they are told to leave', async () => {
    const { identity } = await captureJson(['inspect', model]);
    const devices = ['a', 'b'].map((name) => startStage(name, String(identity)));
    const printed = devices.map(({ stdout }) => textOf(stdout));
    const wanted = ['--devices-wanted', '2', '--items', '20', '--json', '--token', token];
    const { stdout, stderr } = await run(process.execPath, [
      program,
      'pipeline',
      model,
      '--nats',
      server.url,
      ...wanted,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ model: residual.graph.name, identity, items: 20, plans: 1 });
    expect(stderr).toMatch(/plan: [ab] 1-\d+, [ab] \d+-7/);
    const codes = devices.map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of devices) child.kill('SIGINT');
    expect(await Promise.all(codes)).toEqual([0, 0]);
    const counts = (await Promise.all(printed)).map((text) => JSON.parse(text));
    expect(counts).toEqual(['a', 'b'].map((name) => ({ name, items: 21 })));
  });

  test('are refused without the token', async () => {
    const argv = [program, 'stage', '--nats', server.url, '--trust', 'any', '--token', 'another'];
    await expect(run(process.execPath, argv)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no connection to'),
    });
  });
});
