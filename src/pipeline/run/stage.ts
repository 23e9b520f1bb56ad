// The script of a stage's worker: a model, and channels that its values take. A worker that the caller makes imports it
// as `spikelet/stage`.
import { type Endpoint, expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { modelServer } from '../../engine/worker/server.js';
import { nodeBuiltin } from '../../host.js';
import { flowServer } from './flow.js';

const parent = nodeBuiltin('node:worker_threads')?.parentPort;
/** In a browser this module runs in a dedicated worker, whose global is an endpoint. */
const endpoint = parent ? nodeEndpoint(parent) : (globalThis as unknown as Endpoint);
const model = modelServer((message) => endpoint.postMessage(message));
expose({ ...model, ...flowServer(model) }, endpoint);
