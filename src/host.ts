import type hooks from 'node:async_hooks';
import type crypto from 'node:crypto';
import type channels from 'node:diagnostics_channel';
import type fs from 'node:fs/promises';
import type os from 'node:os';
import type tls from 'node:tls';
import type threads from 'node:worker_threads';
import type zlib from 'node:zlib';

interface NodeBuiltins {
  'node:async_hooks': typeof hooks;
  'node:crypto': typeof crypto;
  'node:diagnostics_channel': typeof channels;
  'node:fs/promises': typeof fs;
  'node:os': typeof os;
  'node:tls': typeof tls;
  'node:worker_threads': typeof threads;
  'node:zlib': typeof zlib;
}

/**
 * A module of Node's own, `undefined` in a browser. Not an import, so that bundlers for the browser find nothing
 * to resolve.
 */
export function nodeBuiltin<Name extends keyof NodeBuiltins>(name: Name): NodeBuiltins[Name] | undefined {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return undefined;
  return process.getBuiltinModule(name) as NodeBuiltins[Name] | undefined;
}

/** A turn of the event loop: messages, timers and aborts that are due arrive before it resolves. */
export function eventLoopTurn(): Promise<void> {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
