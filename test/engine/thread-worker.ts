import { Worker } from 'node:worker_threads';

/** A thread that runs the built package's script: Node cannot run TypeScript in a worker. */
export const threadWorker = (): Worker => new Worker(new URL('../../dist/thread.js', import.meta.url));
