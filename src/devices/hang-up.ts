import type { Socket } from 'node:net';
import { nodeBuiltin } from '../host.js';

/** Milliseconds between two looks at the connections. */
const lookMs = 50;
/** Looks at which all of them are closed: the client may be trying another address, or finding out why by itself. */
const looksUntilSure = 6;

/**
 * Does something that connects, and rejects with `error()` when the other side has hung up on it. The NATS client waits
 * for an answer also then: a server that does not like a client's certificate ends the connection after the client has
 * seen the end of the handshake. Where connections cannot be seen, as in browsers, it just waits.
 */
export async function unlessHungUp<T>(work: () => Promise<T>, error: () => Error): Promise<T> {
  const channels = nodeBuiltin('node:diagnostics_channel');
  const hooks = nodeBuiltin('node:async_hooks');
  if (!channels || !hooks) return work();
  const own = new hooks.AsyncLocalStorage<true>();
  const sockets: Socket[] = [];
  const onSocket = (message: unknown): void => {
    if (own.getStore()) sockets.push((message as { readonly socket: Socket }).socket);
  };
  channels.subscribe('net.client.socket', onSocket);
  let timer: ReturnType<typeof setInterval> | undefined;
  // The client takes listeners off its sockets, those of others, too: so they are looked at.
  const hungUp = new Promise<never>((_, reject) => {
    let looks = 0;
    timer = setInterval(() => {
      const isOver = sockets.length > 0 && sockets.every(({ destroyed }) => destroyed);
      looks = isOver ? looks + 1 : 0;
      if (looks === looksUntilSure) reject(error());
    }, lookMs);
  });
  try {
    return await Promise.race([own.run(true, work), hungUp]);
  } finally {
    clearInterval(timer);
    channels.unsubscribe('net.client.socket', onSocket);
  }
}
