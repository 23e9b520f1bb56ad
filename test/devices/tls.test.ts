import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/devices/connect.js';
import type { ConnectionChoice, TlsFiles } from '../../src/devices/connection.js';
import { rejection } from '../engine/plans.js';
import { Authority, type Certificate, hasOpenssl } from './certificates.js';
import { Company, resultsOf, resultsOfOne } from './fixture.js';
import { hasNats, startNats, type TestServer } from './nats-server.js';

const token = 'a secret of this test';
const canRun = hasNats && hasOpenssl;
const servers: TestServer[] = [];
let authority: Authority;
let stranger: Authority;
let certificate: Certificate;
let company: Company | undefined;

beforeAll(() => {
  if (!canRun) return;
  [authority, stranger] = [new Authority(), new Authority()];
  certificate = authority.sign({ commonName: 'server' });
});

afterEach(() => company?.leave());

afterAll(async () => {
  for (const server of servers) await server.stop();
  authority?.remove();
  stranger?.remove();
});

async function serve({ certFile, keyFile }: Certificate, mutual = '', who = ''): Promise<TestServer> {
  const server = await startNats(`
    tls { cert_file: "${certFile}", key_file: "${keyFile}"\n ${mutual} }
    ${who || `authorization { token: "${token}" }`}
  `);
  servers.push(server);
  return server;
}

const named = ({ url }: TestServer): string => url.replace('nats://127.0.0.1', 'tls://localhost');

async function refusal(choice: ConnectionChoice): Promise<string> {
  const start = performance.now();
  const error = await rejection(connect(choice));
  expect(error).toMatchObject({ code: 'closed', where: 'servers' });
  expect(performance.now() - start).toBeLessThan(3000);
  return String(error);
}

async function expectPipeline(choice: ConnectionChoice, disturb?: (count: number) => unknown): Promise<void> {
  const own = new Company(choice);
  company = own;
  await Promise.all([own.join('a'), own.join('b')]);
  const line = await own.line({ devices: 2 });
  expect(line.schedule.stages).toHaveLength(2);
  expect(await resultsOf(line, disturb)).toEqual(await resultsOfOne());
}

describe.skipIf(!canRun)(
  'a server with a certificate of an authority of its own',
  { timeout: 60_000 },
  () => {
    let server: TestServer;
    beforeAll(async () => {
      server = await serve(certificate);
    });

    test('carries a pipeline for those who know the authority', () =>
      expectPipeline({ servers: named(server), token, tls: { ca: authority.ca } }));

    test('is not trusted by anybody else', async () => {
      expect(await refusal({ servers: named(server), token })).toContain('certificate');
      const tls = { ca: stranger.ca };
      expect(await refusal({ servers: named(server), token, tls })).toContain('verify the first certificate');
    });

    test('is not trusted under another name', async () => {
      const other = await serve(authority.sign({ commonName: 'server', alternative: 'DNS:elsewhere.test' }));
      const tls = { ca: authority.ca };
      expect(await refusal({ servers: named(other), token, tls })).toContain('DNS:elsewhere.test');
    });

    test('is not trusted when its certificate has expired', async () => {
      const old = await serve(authority.sign({ commonName: 'server', days: -1 }));
      const tls = { ca: authority.ca };
      expect(await refusal({ servers: named(old), token, tls })).toContain('certificate has expired');
    });

    test('does not let in who does not know the token', async () => {
      const said = await refusal({ servers: named(server), token: 'another', tls: { ca: authority.ca } });
      expect(said).toContain('does not accept the token (Authorization Violation)');
      expect(said).not.toContain('another');
    });
  },
);

describe.skipIf(!canRun)('a server that wants to see certificates', { timeout: 90_000 }, () => {
  let server: TestServer;
  let client: Certificate;
  const showing = ({ cert, key }: Pick<Certificate, 'cert' | 'key'>): TlsFiles => ({
    ...{ ca: authority.ca, cert, key },
  });

  beforeAll(async () => {
    client = authority.sign({ commonName: 'client', alternative: 'email:client@test' });
    const mutual = `ca_file: "${authority.own.certFile}", verify_and_map: true`;
    server = await serve(certificate, mutual, 'authorization { users: [ { user: "client@test" } ] }');
  });

  test('knows who connects from that alone, also after it was started again', () =>
    expectPipeline({ servers: named(server), tls: showing(client) }, async (count) => {
      if (count !== 5) return;
      await server.kill();
      await server.start();
    }));

  test('hangs up on who shows none', async () => {
    const said = await refusal({ servers: named(server), tls: { ca: authority.ca } });
    expect(said).toContain('hung up');
    expect(said).toContain('may want a client certificate (tls.cert and tls.key)');
  });

  test('hangs up on who shows one of a stranger, or one that has expired', async () => {
    const alternative = 'email:client@test';
    for (const shown of [
      stranger.sign({ commonName: 'client', alternative }),
      authority.sign({ commonName: 'client', alternative, days: -1 }),
    ]) {
      const said = await refusal({ servers: named(server), tls: showing(shown) });
      expect(said).toContain('may not trust the client certificate');
    }
  });

  test('does not let in whom it does not know', async () => {
    const other = authority.sign({ commonName: 'other', alternative: 'email:other@test' });
    const said = await refusal({ servers: named(server), tls: showing(other) });
    expect(said).toContain('does not accept this client certificate alone');
  });

  test('is not asked with a key of another certificate', async () => {
    const { key } = stranger.own;
    const error = await rejection(
      connect({ servers: named(server), tls: showing({ cert: client.cert, key }) }),
    );
    expect(error).toMatchObject({ code: 'invalid-option', where: 'tls' });
    expect(String(error)).toContain('key values mismatch');
  });
});

/** Something that listens, and does with those who come whatever it likes. */
async function listener(
  greet: (socket: Socket) => void,
): Promise<{ readonly port: number; readonly own: Server }> {
  const own = createServer((socket) => {
    socket.on('error', () => undefined);
    greet(socket);
  });
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
  return { port: (own.address() as AddressInfo).port, own };
}

describe('something else than the server that was meant', () => {
  test('that does not encrypt, though it should, is told nothing', async () => {
    let heard = '';
    const { port, own } = await listener((socket) => {
      socket.on('data', (data) => {
        heard += String(data);
      });
      socket.write(
        'INFO {"server_id":"x","version":"2.9.10","headers":true,"max_payload":1048576,"proto":1}\r\n',
      );
    });
    expect(await refusal({ servers: `tls://localhost:${port}`, token })).toContain("does not support 'tls'");
    expect(heard).toBe('');
    own.close();
  });

  test('that says nothing is given up', async () => {
    const { port, own } = await listener(() => undefined);
    const error = await rejection(connect({ servers: `nats://127.0.0.1:${port}` }, 300));
    expect(error).toMatchObject({ code: 'closed', where: 'servers' });
    expect(String(error)).toContain('no NATS server answered within 300 ms');
    own.close();
  });

  test('that hangs up is noticed', async () => {
    const info =
      'INFO {"server_id":"x","version":"2.9.10","headers":true,"max_payload":1048576,"proto":1}\r\n';
    const { port, own } = await listener((socket) => {
      socket.write(info);
      socket.once('data', () => socket.end());
    });
    expect(await refusal({ servers: `nats://127.0.0.1:${port}` })).toContain('hung up before it let');
    own.close();
  });
});
