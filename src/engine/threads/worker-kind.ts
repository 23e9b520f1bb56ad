import type { WorkerLike } from './port.js';

export type NodeWorker = import('node:worker_threads').Worker;
export type WebWorker = Worker;

/** Workers of Node emit events by `on`; those of the web by `addEventListener`. */
export const isNodeWorker = (worker: WorkerLike): worker is NodeWorker => 'on' in worker;
