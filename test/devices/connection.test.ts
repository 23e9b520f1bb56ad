import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ConnectionChoice, checkConnection, isLoopback } from '../../src/devices/connection.js';
import { failure } from '../engine/plans.js';
import { userKey } from './accounts.js';

const { seed } = userKey();
const pem = (label: string): string => `-----BEGIN ${label}-----\nAA==\n-----END ${label}-----\n`;
const [cert, key] = [pem('CERTIFICATE'), pem('PRIVATE KEY')];

const refusal = (choice: ConnectionChoice): Promise<string> =>
  failure((async () => checkConnection(choice))());

describe('a server on this machine', () => {
  test.each([
    'nats://127.0.0.1:4222',
    '127.0.0.1',
    'nats://localhost',
    'ws://[::1]:8080',
    'nats://127.8.9.10:4222',
  ])('%s needs neither encryption nor a password', (servers) => {
    expect(checkConnection({ servers })).toHaveLength(1);
  });
});

describe('a server on another machine', () => {
  const hosts = fc.oneof(
    fc.domain(),
    fc.ipV4().filter((address) => !address.startsWith('127.')),
    fc.constantFrom('127.0.0.1.example.org', 'localhost.example.org', '128.0.0.1', '0.0.0.0'),
  );

  test('is refused without encryption, whatever else is given', async () => {
    await fc.assert(
      fc.asyncProperty(hosts, fc.constantFrom('nats', 'ws'), async (host, scheme) => {
        const error = await refusal({ servers: `${scheme}://${host}:4222`, token: 'secret' });
        expect(error).toContain('invalid-option');
        expect(error).toContain('another machine');
      }),
    );
  });

  test.each([
    'tls://nats.example.org',
    'wss://nats.example.org',
    'tls://10.0.0.1',
  ])('%s is refused without a word of who connects', async (servers) => {
    expect(await refusal({ servers })).toContain('a client certificate is needed');
    expect(await refusal({ servers, tls: true })).toContain('a client certificate is needed');
  });

  test.each<ConnectionChoice>([
    { servers: 'tls://nats.example.org', token: 'secret' },
    { servers: 'nats://nats.example.org', tls: true, user: 'me', password: 'secret' },
    { servers: ['wss://a.example.org', 'wss://b.example.org'], credentials: seed },
    { servers: 'tls://nats.example.org', tls: { cert, key } },
  ])('is fine with both: %j', (choice) => {
    expect(checkConnection(choice).some(isLoopback)).toBe(false);
  });

  test('is refused among others that are fine', async () => {
    const servers = ['nats://127.0.0.1', 'nats://10.0.0.1'];
    expect(await refusal({ servers, token: 'secret' })).toContain('10.0.0.1');
  });

  test('cannot be reached by an encryption that is switched off', async () => {
    expect(await refusal({ servers: 'nats://10.0.0.1', tls: false, token: 'secret' })).toContain(
      'another machine',
    );
  });

  test('of the web is not encrypted by an option', async () => {
    expect(await refusal({ servers: 'ws://10.0.0.1', tls: true, token: 'secret' })).toContain(
      'another machine',
    );
  });
});

describe('options that are refused', () => {
  test.each<readonly [string, ConnectionChoice, string]>([
    ['no server', { servers: '' }, 'must be addresses'],
    ['another scheme', { servers: 'http://localhost' }, 'must begin with nats://'],
    ['a password in the address', { servers: 'nats://me:secret@localhost' }, 'give them as options'],
    ['a user without a password', { servers: 'localhost', user: 'me' }, 'goes together with password'],
    ['two ways to say who it is', { servers: 'localhost', token: 'x', credentials: 'y' }, 'give one of'],
    [
      'credentials that are none',
      { servers: 'localhost', credentials: 'y' },
      'must be the contents of a credentials',
    ],
    ['no certificate', { servers: 'localhost', tls: { ca: 'server.pem' } }, 'tls.ca: must be a PEM text'],
    ['a certificate without a key', { servers: 'localhost', tls: { cert } }, 'goes together with key'],
    ['a key without a certificate', { servers: 'localhost', tls: { key } }, 'goes together with key'],
    [
      'a file that there is not',
      { servers: 'localhost', tls: { cart: cert } as never },
      "did you mean 'cert'?",
    ],
    ['certificates for the web', { servers: 'wss://localhost', tls: { ca: cert } }, 'NODE_EXTRA_CA_CERTS'],
    ['an empty token', { servers: 'localhost', token: '' }, 'must be a text'],
    ['a mixture', { servers: ['ws://localhost', 'nats://localhost'] }, 'all of the web or none'],
    ['a number to verify', { servers: 'tls://10.0.0.1', token: 'x' }, 'use the name in the server'],
    ['a longer number', { servers: 'tls://[fe80::1]', token: 'x' }, 'use the name in the server'],
  ])('%s', async (_, choice, message) => expect(await refusal(choice)).toContain(message));
});
