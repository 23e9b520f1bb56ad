declare module 'comlink/dist/esm/node-adapter.mjs' {
  import type { MessagePort, Worker } from 'node:worker_threads';
  import type { Endpoint } from 'comlink';

  /** A Node worker or port as comlink wants it. */
  export default function nodeEndpoint(port: Worker | MessagePort): Endpoint;
}
