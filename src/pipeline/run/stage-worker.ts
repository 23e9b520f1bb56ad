import { type Remote, transfer, wrap } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { type Port, portOf, type WorkerLike } from '../../engine/threads/port.js';
import { isNodeWorker, type WebWorker } from '../../engine/threads/worker-kind.js';
import { SpikeletError } from '../../error.js';
import { nodeBuiltin } from '../../host.js';
import { load, type Model } from '../../index.js';
import type { FlowFigures, FlowServer, Wiring } from './flow.js';

export interface StageWorkerOptions {
  readonly make: (() => WorkerLike) | undefined;
  readonly memoryLimit: number | undefined;
  /** Ends the start, and nothing after it. */
  readonly signal: AbortSignal | undefined;
  readonly onDeath: (reason: string) => void;
}

/** A worker that holds the model of a stage. */
export class StageWorker {
  readonly model: Model;
  readonly #worker: WorkerLike;
  readonly #port: Port;
  readonly #flow: Remote<FlowServer>;
  readonly #death: Promise<never>;
  readonly #die: (reason: string) => void;

  private constructor(worker: WorkerLike, port: Port, model: Model) {
    this.model = model;
    this.#worker = worker;
    this.#port = port;
    let die = (_: string): void => undefined;
    this.#death = new Promise((_, reject) => {
      die = (reason) => reject(new SpikeletError('closed', `the worker died (${reason})`));
    });
    this.#death.catch(() => undefined);
    this.#die = die;
    port.onDeath(die);
    this.#flow = wrap<FlowServer>(isNodeWorker(worker) ? nodeEndpoint(worker) : (worker as WebWorker));
  }

  /** Starts a worker and its model from the bytes of a model file. */
  static async start(
    file: Uint8Array,
    { make, memoryLimit, signal, onDeath }: StageWorkerOptions,
  ): Promise<StageWorker> {
    const worker = (make ?? makeWorker)();
    const port = portOf(worker);
    port.onDeath(onDeath);
    return new StageWorker(worker, port, await load(file, { worker: () => worker, memoryLimit, signal }));
  }

  connect(wiring: Wiring): void {
    const ports = [...wiring.inputs, ...wiring.outputs];
    // A worker that has died does not answer, and its death is known by other ways.
    this.#flow.connect(transfer(wiring, ports)).catch(() => undefined);
  }

  /** Rejects when the worker dies before it answers. */
  async figures(): Promise<FlowFigures> {
    this.#port.keepAlive(true);
    try {
      return await Promise.race([this.#flow.figures(), this.#death]);
    } finally {
      this.#port.keepAlive(false);
    }
  }

  terminate(): void {
    this.#die('terminated');
    this.#worker.terminate();
  }
}

function makeWorker(): WorkerLike {
  if (typeof Worker === 'function')
    return new Worker(new URL('./stage.js', import.meta.url), { type: 'module' });
  const threads = nodeBuiltin('node:worker_threads');
  if (!threads) throw new SpikeletError('no-engine', 'there are no workers here', { where: 'workers' });
  const script = './stage.js';
  return new threads.Worker(new URL(script, import.meta.url), { execArgv: [] });
}
