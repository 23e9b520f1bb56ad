import type { Worker as NodeWorker } from 'node:worker_threads';
import type { WorkerLike } from './port.js';

export type { NodeWorker };
export type WebWorker = Worker;

/** Workers of Node emit events by `on`; those of the web by `addEventListener`. */
export const isNodeWorker = (worker: WorkerLike): worker is NodeWorker => 'on' in worker;
