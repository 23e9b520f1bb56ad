import { isNodeWorker, type NodeWorker, type WebWorker } from './worker-kind.js';

/** A `Worker` of the web or of Node: whatever makes one of these can stand in for the package's own. */
export interface WorkerLike {
  postMessage(message: unknown): void;
  terminate(): unknown;
}

/** The same few things of either kind of worker. */
export interface Port {
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called when the worker fails to start, throws, or ends without {@link Port.terminate}. */
  onDeath(listener: (reason: string) => void): void;
  /** Whether a living worker keeps a Node process from ending. */
  keepAlive(wanted: boolean): void;
  terminate(): void;
}

export function portOf(worker: WorkerLike): Port {
  return isNodeWorker(worker) ? nodePort(worker) : webPort(worker as WebWorker);
}

function nodePort(worker: NodeWorker): Port {
  let expected = false;
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => void worker.on('message', (message: unknown) => listener(message)),
    onDeath: (listener) => {
      worker.on('error', (error: unknown) =>
        listener(error instanceof Error ? error.message : String(error)),
      );
      worker.on('exit', (code: number) => {
        if (!expected) listener(`exit code ${code}`);
      });
    },
    keepAlive: (wanted) => (wanted ? worker.ref() : worker.unref()),
    terminate: () => {
      expected = true;
      void worker.terminate();
    },
  };
}

function webPort(worker: WebWorker): Port {
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) =>
      worker.addEventListener('message', (event: MessageEvent<unknown>) => listener(event.data)),
    onDeath: (listener) => {
      worker.addEventListener('error', (event) =>
        listener(event.message || 'its script could not be loaded'),
      );
      worker.addEventListener('messageerror', () => listener('a message could not be read'));
    },
    keepAlive: () => undefined,
    terminate: () => worker.terminate(),
  };
}
