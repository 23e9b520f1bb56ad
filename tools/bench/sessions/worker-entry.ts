import * as ort from 'onnxruntime-web';
import { runSession } from './run.js';
import type { Session } from './session.js';

/** Answer of the worker to the page. */
export type Reply = { readonly result: unknown } | { readonly error: string };

ort.env.wasm.wasmPaths = '/node_modules/onnxruntime-web/dist/';

self.addEventListener('message', async (event: MessageEvent<Session>) => {
  try {
    const result = await runSession(event.data, '/node_modules/@tensorflow/tfjs-backend-wasm/dist/');
    self.postMessage({ result } satisfies Reply);
  } catch (error) {
    self.postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
