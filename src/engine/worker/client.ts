import { type Remote, wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { SpikeletError } from '../../error.js';
import { nodeBuiltin } from '../../host.js';
import type { FamilyLoader, Kernels } from '../kernels/choose.js';
import type { Model } from '../model.js';
import { isGraph, type ModelSource } from '../open.js';
import { defaultMemoryLimit, type LoadOptions } from '../options.js';
import { readBytes } from '../source/read.js';
import { type Port, portOf, type WorkerLike } from '../threads/port.js';
import { isNodeWorker, type WebWorker } from '../threads/worker-kind.js';
import { Calls } from './calls.js';
import {
  type FamilyMessage,
  isFamilyMessage,
  isProgressMessage,
  type ModelServer,
  type OpenRequest,
  toWire,
} from './protocol.js';
import { RemoteModel } from './remote-model.js';

/** Longest that the worker's script may take to start, in milliseconds. */
const startDeadline = 30_000;

/** Opens a model in a worker of its own. */
export async function openInWorker(
  source: ModelSource,
  kernels: Kernels,
  families: FamilyLoader,
  options: LoadOptions,
): Promise<Model> {
  const { memoryLimit, signal, onProgress } = options;
  const request: OpenRequest = {
    source: await portableSource(source, options),
    kernels,
    memoryLimit,
    wantsProgress: onProgress !== undefined,
  };
  const { port, server } = connect(
    typeof options.worker === 'function' ? ownWorker(options.worker()) : createWorker(),
  );
  const calls = new Calls(port, server);
  const caller = callersError();
  port.onMessage((message) => {
    if (isProgressMessage(message)) caller.guard(() => onProgress?.(message.progress));
    if (isFamilyMessage(message)) void provide(server, message.family, families(message.family, kernels));
  });
  try {
    await withDeadline(calls.ask(() => server.ready(), signal));
    const opened = calls.call((id) => server.open(id, request), signal);
    return new RemoteModel(calls, await Promise.race([opened, caller.thrown]));
  } catch (error) {
    calls.close();
    throw error;
  }
}

/** Runs what the caller gave, and rejects `thrown` with what that throws. */
function callersError(): { guard(work: () => void): void; readonly thrown: Promise<never> } {
  let fail: (error: unknown) => void;
  const thrown = new Promise<never>((_, reject) => {
    fail = reject;
  });
  return {
    guard(work) {
      try {
        work();
      } catch (error) {
        fail(error);
      }
    },
    thrown,
  };
}

async function provide(
  server: Remote<ModelServer>,
  family: FamilyMessage['family'],
  module: Promise<WebAssembly.Module>,
): Promise<void> {
  const reply = await module.then(
    (value) => ({ value }),
    (error: unknown) => ({ error: toWire(error) }),
  );
  await server.provide(family, reply);
}

/** What can be sent to a worker: a response is read here, and an address made independent of the page's. */
async function portableSource(source: ModelSource, options: LoadOptions): Promise<OpenRequest['source']> {
  if (source instanceof URL) return source.href;
  if (typeof source === 'string') return absolute(source);
  if (source instanceof Uint8Array || isGraph(source)) return source;
  return readBytes(source, { limit: options.memoryLimit ?? defaultMemoryLimit, signal: options.signal });
}

function absolute(address: string): string {
  const base = typeof document === 'object' ? document.baseURI : globalThis.location?.href;
  return base === undefined ? address : new URL(address, base).href;
}

function ownWorker(worker: WorkerLike | undefined): WorkerLike {
  if (typeof worker?.postMessage === 'function') return worker;
  throw new SpikeletError('invalid-option', 'must return a Worker', { where: 'worker' });
}

function createWorker(): WorkerLike {
  if (typeof Worker === 'function')
    return new Worker(new URL('./serve.js', import.meta.url), { type: 'module' });
  const threads = nodeBuiltin('node:worker_threads');
  if (!threads) throw new SpikeletError('no-engine', 'there are no workers here', { where: 'worker' });
  const script = './serve.js';
  return new threads.Worker(new URL(script, import.meta.url), { execArgv: [] });
}

function connect(worker: WorkerLike): { readonly port: Port; readonly server: Remote<ModelServer> } {
  const port = portOf(worker);
  return {
    port,
    server: wrap<ModelServer>(isNodeWorker(worker) ? nodeEndpoint(worker) : (worker as WebWorker)),
  };
}

async function withDeadline<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `the worker has not started in ${startDeadline} ms: check that its script can be loaded`;
    timer = setTimeout(
      () => reject(new SpikeletError('closed', message, { where: 'worker' })),
      startDeadline,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
