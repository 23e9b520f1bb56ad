import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/devices/connect.js';
import type { ConnectionChoice } from '../../src/devices/connection.js';
import { Link } from '../../src/devices/link.js';
import { rejection } from '../engine/plans.js';
import { credentialsFile, Operator, userKey } from './accounts.js';
import { Company, items, resultsOf, resultsOfOne, slowly } from './fixture.js';
import { hasNats, startNats, type TestServer } from './nats-server.js';

type Who = Omit<ConnectionChoice, 'servers'>;

interface Way {
  /** For the server. */
  readonly configuration: string;
  readonly known: Who;
  readonly unknown: readonly (readonly [string, Who, string])[];
}

const garden = 'garden';
const nobody = 'does not accept those who do not say who they are';
const operator = new Operator();
const [member, other] = [userKey(), userKey()];
const credentials = operator.credentials();
const expired = operator.credentials(-60);
const [token, user, password] = ['a token', 'me', 'a secret of this test'];

const ways: Readonly<Record<string, Way>> = {
  'a token': {
    configuration: `authorization { token: "${token}" }`,
    known: { token },
    unknown: [
      ['another token', { token: 'another' }, 'does not accept the token'],
      ['nothing', {}, nobody],
    ],
  },
  'a password': {
    configuration: `authorization { users: [ { user: "${user}", password: "${password}" } ] }`,
    known: { user, password },
    unknown: [
      ['another password', { user, password: 'another' }, "does not accept user 'me' with this password"],
      ['another user', { user: 'you', password }, "does not accept user 'you'"],
      ['a token', { token: password }, 'does not accept the token'],
      ['nothing', {}, nobody],
    ],
  },
  'a key': {
    configuration: `authorization { users: [ { nkey: ${member.known} } ] }`,
    known: { credentials: member.seed },
    unknown: [
      ['another key', { credentials: other.seed }, 'does not accept the credentials'],
      ['nothing', {}, nobody],
    ],
  },
  'a credentials file': {
    configuration: operator.configuration,
    known: { credentials },
    unknown: [
      ['one that has expired', { credentials: expired }, 'the credentials, which expired at 2'],
      [
        'one of another operator',
        { credentials: new Operator().credentials() },
        'does not accept the credentials',
      ],
      [
        'a key of somebody else',
        { credentials: credentials.replace(/^SU\w{56}$/m, other.seed) },
        'the credentials',
      ],
      ['the key without its token', { credentials: /^SU\w{56}$/m.exec(credentials)?.[0] }, 'the credentials'],
      ['nothing', {}, nobody],
    ],
  },
};

describe.skipIf(!hasNats).each(Object.entries(ways))('%s', { timeout: 60_000 }, (_, way) => {
  let server: TestServer;
  let company: Company | undefined;

  beforeAll(async () => {
    server = await startNats(way.configuration);
  });
  afterEach(() => company?.leave());
  afterAll(() => server.stop());

  test('lets a pipeline of two stages run', async () => {
    const own = new Company({ servers: server.url, ...way.known });
    company = own;
    await Promise.all([own.join('a'), own.join('b')]);
    const line = await own.line({ devices: 2 });
    expect(line.schedule.stages).toHaveLength(2);
    expect(await resultsOf(line)).toEqual(await resultsOfOne());
  });

  test.each(way.unknown)('is not to be had with %s', async (__, who, message) => {
    const start = performance.now();
    const error = await rejection(connect({ servers: server.url, ...who }));
    expect(error).toMatchObject({ code: 'closed', where: 'servers' });
    expect(String(error)).toContain(message);
    expect(performance.now() - start).toBeLessThan(3000);
    for (const secret of [who.token, who.password, who.credentials]) {
      if (secret !== undefined) expect(String(error)).not.toContain(secret);
    }
  });
});

describe('a credentials file that cannot be read', () => {
  test.each<readonly [string, string, string]>([
    ['is another file', 'nonsense', 'must be the contents of a credentials file'],
    ['has no seed', credentials.replace(/^SU\w{56}$/m, ''), 'must be the contents of a credentials file'],
    ['has a damaged seed', credentials.replace(/^SU\w{56}$/m, `SU${'A'.repeat(56)}`), 'a wrong checksum'],
    ['has a damaged token', credentialsFile('no token', member.seed), 'have a token that is damaged'],
  ])('as it %s is refused before anything is sent', async (_, text, message) => {
    const error = await rejection(connect({ servers: 'nats://127.0.0.1:1', credentials: text }));
    expect(error).toMatchObject({ code: 'invalid-option', where: 'credentials' });
    expect(String(error)).toContain(message);
  });

  test.skipIf(!hasNats)('may have been written on Windows', async () => {
    const server = await startNats(operator.configuration);
    const connection = await connect({
      servers: server.url,
      credentials: credentials.replaceAll('\n', '\r\n'),
    });
    await connection.close();
    await server.stop();
  });
});

describe.skipIf(!hasNats)('who was let in', { timeout: 60_000 }, () => {
  let server: TestServer | undefined;
  let company: Company | undefined;
  afterEach(async () => {
    await company?.leave();
    await server?.stop();
    server = undefined;
  });

  test('is told so when the credentials expire: devices leave, and what waits fails', async () => {
    server = await startNats(operator.configuration);
    const seconds = 5;
    const own = new Company({ servers: server.url, credentials: operator.credentials(seconds) });
    company = own;
    const device = await own.join('a', { open: slowly(20_000) });
    const line = await own.line();
    const waiting = rejection(line.run({ ...items[0] }));
    expect(await device.closed).toMatchObject({ code: 'closed', where: 'servers' });
    for (const error of [await device.closed, await waiting, await rejection(line.run({ ...items[0] }))]) {
      expect(error).toMatchObject({ code: 'closed', where: 'servers' });
      expect(String(error)).toContain('User Authentication Expired');
    }
  });

  const limited = (publish: string, subscribe: string): string => `authorization { users: [
    { user: "${user}", password: "${password}", permissions: { publish: ${publish}, subscribe: ${subscribe} } }
  ] }`;

  test('needs no other subjects than those of the space, of JetStream and of answers', async () => {
    const subjects = (more: string): string => `["spikelet.${garden}.>", "_INBOX.>"${more}]`;
    server = await startNats(limited(subjects(', "$JS.>"'), subjects('')));
    const own = new Company({ servers: server.url, user, password }, garden);
    company = own;
    await Promise.all([own.join('a'), own.join('b')]);
    expect(await resultsOf(await own.line({ devices: 2 }))).toEqual(await resultsOfOne());
  });

  test('but may not use JetStream is told so', async () => {
    server = await startNats(limited('"spikelet.>"', '">"'));
    const link = await Link.open({ servers: server.url, user, password });
    const error = await rejection(link.manager());
    expect(error).toMatchObject({ code: 'closed', where: 'servers' });
    expect(String(error)).toContain("may not publish on '$JS.API.INFO'");
    await link.close();
  });

  test('but may not say that a device is there is told so', async () => {
    server = await startNats(limited('"other.>"', '">"'));
    const own = new Company({ servers: server.url, user, password });
    company = own;
    const device = await own.join('a');
    expect(String(await device.closed)).toContain(`may not publish on 'spikelet.${own.space}.devices'`);
  });

  test('but may not hear what a device is given is told so', async () => {
    server = await startNats(limited('">"', '"other.>"'));
    const own = new Company({ servers: server.url, user, password });
    company = own;
    const device = await own.join('a');
    expect(String(await device.closed)).toContain("may not subscribe to 'spikelet.");
  });
});
