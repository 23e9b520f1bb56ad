import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/devices/connect.js';
import { rejection } from '../engine/plans.js';
import { hasNats, startNats, type TestServer } from './nats-server.js';

const token = 'a secret of this test';
const canRun = hasNats && spawnSync('openssl', ['version']).status === 0;
let folder = '';
let ca = '';
let server: TestServer;

beforeAll(async () => {
  if (!canRun) return;
  folder = mkdtempSync(join(tmpdir(), 'spikelet-tls-'));
  const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => join(folder, name));
  const subject = ['-subj', '/CN=test', '-addext', 'subjectAltName=DNS:localhost'];
  const files = ['-keyout', key ?? '', '-out', certificate ?? ''];
  spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files]);
  ca = readFileSync(certificate ?? '', 'utf8');
  server = await startNats(`
    tls { cert_file: "${certificate}", key_file: "${key}" }
    authorization { token: "${token}" }
  `);
});

afterAll(async () => {
  if (!canRun) return;
  await server.stop();
  rmSync(folder, { recursive: true });
});

describe.skipIf(!canRun)('a server with a certificate', () => {
  const address = (): string => server.url.replace('nats://127.0.0.1', 'tls://localhost');

  test('is trusted by who knows who signed it', async () => {
    const connection = await connect({ servers: address(), token, tls: { ca } });
    expect(connection.info?.tls_required).toBe(true);
    await connection.close();
  });

  test('is not trusted by anybody else', async () => {
    const error = await rejection(connect({ servers: address(), token }));
    expect(error).toMatchObject({ code: 'closed', where: 'servers' });
    expect(String(error)).toContain('certificate');
  });

  test('does not let in who does not know the token', async () => {
    const error = await rejection(connect({ servers: address(), token: 'another', tls: { ca } }));
    expect(error).toMatchObject({ code: 'closed' });
  });
});

test('a server that does not encrypt, though it should, is told nothing', async () => {
  let heard = '';
  const liar = createServer((socket) => {
    socket.on('data', (data) => {
      heard += String(data);
    });
    socket.on('error', () => undefined);
    socket.write(
      'INFO {"server_id":"x","version":"2.9.10","headers":true,"max_payload":1048576,"proto":1}\r\n',
    );
  });
  await new Promise<void>((resolve) => liar.listen(0, '127.0.0.1', resolve));
  const { port } = liar.address() as AddressInfo;
  const error = await rejection(connect({ servers: `tls://localhost:${port}`, token }));
  expect(error).toMatchObject({ code: 'closed' });
  expect(String(error)).toContain("does not support 'tls'");
  expect(heard).toBe('');
  liar.close();
});
