import type { ConnectionOptions, NatsConnection } from '@nats-io/nats-core';
import { SpikeletError } from '../error.js';
import { nodeBuiltin } from '../host.js';
import { rejectOption } from '../pipeline/check.js';
import { type ConnectionChoice, checkConnection, isEncrypted, type TlsFiles } from './connection.js';
import { authenticatorOf, readCredentials } from './credentials.js';
import { unlessHungUp } from './hang-up.js';
import { noConnection, reasonOfHangUp, reasonOfRefusal } from './refusal.js';

/** Milliseconds that a server may take to let somebody in. */
const usualTimeout = 5000;

function optionsFor(choice: ConnectionChoice, addresses: readonly URL[], timeout: number): ConnectionOptions {
  const { token, user, password, tls } = choice;
  const wantsTls = addresses.some((address) => address.protocol !== 'wss:' && isEncrypted(address, tls));
  return {
    servers: addresses.map(({ protocol, host, pathname }) =>
      protocol.startsWith('ws') ? `${protocol}//${host}${pathname}` : host,
    ),
    ...(token !== undefined && { token }),
    ...(user !== undefined && { user, pass: password ?? '' }),
    // A server may name others, which were not checked.
    ignoreClusterUpdates: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
    pingInterval: 5000,
    maxPingOut: 2,
    timeout,
    // With this the client refuses a server that does not encrypt.
    ...(wantsTls && { tls: typeof tls === 'object' ? withoutUndefined(tls) : {} }),
  };
}

const withoutUndefined = (files: TlsFiles): Record<string, string> =>
  Object.fromEntries(
    Object.entries(files).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

/** Throws `invalid-option` for certificates that cannot be read, or a key of another one. */
function checkCertificates({ ca, cert, key }: TlsFiles): void {
  try {
    nodeBuiltin('node:tls')?.createSecureContext({ ca, cert, key });
  } catch (error) {
    rejectOption('tls', `has certificates that cannot be used: ${String(error)}`);
  }
}

async function dial(options: ConnectionOptions, isWeb: boolean): Promise<NatsConnection> {
  if (!isWeb) return (await import('@nats-io/transport-node')).connect(options);
  if (typeof WebSocket !== 'function') {
    const message =
      'has no WebSocket: use nats:// or tls://, Node 22, or Node 20 with --experimental-websocket';
    throw new SpikeletError('no-engine', message, { where: 'servers' });
  }
  return (await import('@nats-io/nats-core')).wsconnect(options);
}

/**
 * Connects. Throws `invalid-option` as {@link checkConnection} does, and `closed` where there is no server, or none that
 * lets whoever connects in.
 */
export async function connect(choice: ConnectionChoice, timeout = usualTimeout): Promise<NatsConnection> {
  const addresses = checkConnection(choice);
  const isWeb = addresses.some(({ protocol }) => protocol.startsWith('ws'));
  if (typeof choice.tls === 'object') checkCertificates(choice.tls);
  const options = optionsFor(choice, addresses, timeout);
  if (choice.credentials !== undefined) {
    options.authenticator = await authenticatorOf(readCredentials(choice.credentials));
  }
  const hosts = addresses.map(({ host }) => host).join(', ');
  const isSecret = addresses.some((address) => isEncrypted(address, choice.tls));
  let isGivenUp = false;
  const open = async (): Promise<NatsConnection> => {
    const connection = await dial(options, isWeb);
    if (isGivenUp) await connection.close();
    return connection;
  };
  try {
    const hungUp = (): Error => noConnection(hosts, reasonOfHangUp(choice, isSecret));
    // Of several servers another may answer.
    return await (addresses.length === 1 ? unlessHungUp(open, hungUp) : open());
  } catch (error) {
    isGivenUp = true;
    if (error instanceof SpikeletError) throw error;
    throw noConnection(hosts, reasonOfRefusal(error, choice, timeout), error);
  }
}
