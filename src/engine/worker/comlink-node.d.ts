declare module 'comlink/dist/esm/node-adapter.mjs' {
  import type { Endpoint } from 'comlink';
  import type { MessagePort, Worker } from 'node:worker_threads';

  /** A Node worker or port as comlink wants it. */
  export default function nodeEndpoint(port: Worker | MessagePort): Endpoint;
}
