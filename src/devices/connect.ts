import type { ConnectionOptions, NatsConnection } from '@nats-io/nats-core';
import { SpikeletError } from '../error.js';
import { type ConnectionChoice, checkConnection, isEncrypted, type TlsFiles } from './connection.js';

function optionsFor(choice: ConnectionChoice, addresses: readonly URL[]): ConnectionOptions {
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
    // With this the client refuses a server that does not encrypt.
    ...(wantsTls && { tls: typeof tls === 'object' ? withoutUndefined(tls) : {} }),
  };
}

const withoutUndefined = (files: TlsFiles): Record<string, string> =>
  Object.fromEntries(
    Object.entries(files).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

/** Connects. Throws `invalid-option` as {@link checkConnection} does, and `closed` where there is no server. */
export async function connect(choice: ConnectionChoice): Promise<NatsConnection> {
  const addresses = checkConnection(choice);
  const options = optionsFor(choice, addresses);
  const core = await import('@nats-io/nats-core');
  if (choice.credentials !== undefined) {
    options.authenticator = core.credsAuthenticator(new TextEncoder().encode(choice.credentials));
  }
  try {
    if (addresses[0]?.protocol.startsWith('ws')) {
      if (typeof WebSocket !== 'function') {
        throw new SpikeletError('no-engine', 'has no WebSocket: use nats:// or tls://', { where: 'servers' });
      }
      return await core.wsconnect(options);
    }
    const { connect: dial } = await import('@nats-io/transport-node');
    return await dial(options);
  } catch (error) {
    if (error instanceof SpikeletError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const hosts = addresses.map(({ host }) => host).join(', ');
    throw new SpikeletError('closed', `there is no connection to ${hosts}: ${reason}`, {
      where: 'servers',
      cause: error,
    });
  }
}
