// The script of a worker that holds a model. A worker that the caller makes imports it as `spikelet/worker`.
import { type Endpoint, expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { nodeBuiltin } from '../../host.js';
import { modelServer } from './server.js';

const parent = nodeBuiltin('node:worker_threads')?.parentPort;
/** In a browser this module runs in a dedicated worker, whose global is an endpoint. */
const endpoint = parent ? nodeEndpoint(parent) : (globalThis as unknown as Endpoint);
expose(
  modelServer((message) => endpoint.postMessage(message)),
  endpoint,
);
