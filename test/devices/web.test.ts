import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/devices/connect.js';
import { rejection } from '../engine/plans.js';
import { Authority, hasOpenssl } from './certificates.js';
import { Company, resultsOf, resultsOfOne } from './fixture.js';
import { hasNats, startNats, type TestServer } from './nats-server.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = 'dist/cli/main.js';
const token = 'a secret of this test';
const canRun = hasNats && hasOpenssl;
/** Node has WebSockets since version 22, and before when it is asked for them. */
const flags = typeof WebSocket === 'function' ? [] : ['--experimental-websocket'];
const children: ChildProcess[] = [];
let authority: Authority;
let server: TestServer;
let company: Company;

beforeAll(async () => {
  if (!canRun) return;
  authority = new Authority();
  const { certFile, keyFile } = authority.sign({ commonName: 'server' });
  const tls = `tls { cert_file: "${certFile}", key_file: "${keyFile}" }`;
  server = await startNats(`${tls}\nauthorization { token: "${token}" }`, tls);
  company = new Company({
    servers: server.url.replace('nats://127.0.0.1', 'tls://localhost'),
    ...{ token, tls: { ca: authority.ca } },
  });
});

afterEach(async () => {
  await company?.leave();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

afterAll(async () => {
  if (!canRun) return;
  await server.stop();
  authority.remove();
});

/** A device that is a process of its own and connects by a WebSocket, trusting the authorities of a file. */
function startStage(authorities: string | undefined, secret: string): ChildProcess {
  const servers = server.webUrl.replace('ws://127.0.0.1', 'wss://localhost');
  const argv = ['stage', '--nats', servers, '--trust', 'any', '--name', 'web', '--space', company.space];
  const { NODE_EXTRA_CA_CERTS: _, ...rest } = process.env;
  const env = {
    ...{ ...rest, SPIKELET_NATS_TOKEN: secret },
    ...(authorities !== undefined && { NODE_EXTRA_CA_CERTS: authorities }),
  };
  const options = { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'] as ['ignore', 'ignore', 'pipe'] };
  const child = spawn(process.execPath, [...flags, program, ...argv], options);
  children.push(child);
  return child;
}

async function outcome(child: ChildProcess): Promise<{ readonly code: unknown; readonly said: string }> {
  let said = '';
  child.stderr?.on('data', (text) => {
    said += String(text);
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  return { code, said };
}

describe.skipIf(!canRun)('a device that connects by wss://', { timeout: 60_000 }, () => {
  test('shares a model with one that connects by tls://', async () => {
    const child = startStage(authority.own.certFile, token);
    await new Promise((resolve) => child.stderr?.once('data', resolve));
    await company.join('near');
    const line = await company.line({ devices: 2 });
    expect(line.devices().map(({ name }) => name)).toEqual(['near', 'web']);
    expect(line.schedule.stages).toHaveLength(2);
    expect(await resultsOf(line)).toEqual(await resultsOfOne());
  });

  test('does not trust a certificate of an authority that it does not know', async () => {
    const { code, said } = await outcome(startStage(undefined, token));
    expect(code).toBe(1);
    expect(said).toContain('there is no connection to localhost');
  });

  test('is not let in with another token', async () => {
    const { code, said } = await outcome(startStage(authority.own.certFile, 'another'));
    expect(code).toBe(1);
    expect(said).toContain('does not accept the token');
  });
});

test.skipIf(typeof WebSocket === 'function')(
  'a Node without WebSocket says what there is instead',
  async () => {
    const error = await rejection(connect({ servers: 'wss://localhost:1', token }));
    expect(error).toMatchObject({ code: 'no-engine', where: 'servers' });
    expect(String(error)).toContain('--experimental-websocket');
  },
);
