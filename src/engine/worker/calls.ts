import type { Remote } from 'comlink';
import { SpikeletError } from '../../error.js';
import { closedError } from '../closed.js';
import type { Port } from '../threads/port.js';
import { fromWire, type ModelServer, type Reply } from './protocol.js';

/** Calls under way to one worker: each ends with the worker's answer, its signal, or the worker. */
export class Calls {
  readonly server: Remote<ModelServer>;
  readonly #port: Port;
  readonly #pending = new Set<(error: SpikeletError) => void>();
  #ended: SpikeletError | undefined;
  #next = 1;

  constructor(port: Port, server: Remote<ModelServer>) {
    this.server = server;
    this.#port = port;
    port.keepAlive(false);
    port.onDeath((reason) =>
      this.#end(new SpikeletError('closed', `the worker died (${reason}): load the model again`)),
    );
  }

  /** Makes a call that can be aborted and whose errors arrive as they were thrown. */
  async call<T>(start: (id: number) => Promise<Reply<T>>, signal?: AbortSignal): Promise<T> {
    const id = this.#next++;
    const reply = await this.ask(
      () => start(id),
      signal,
      () => void this.server.abort(id),
    );
    if ('error' in reply) throw fromWire(reply.error);
    return reply.value;
  }

  ask<T>(start: () => Promise<T>, signal?: AbortSignal, onAbort?: () => void): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    if (signal?.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const settle = (how: () => void): void => {
        signal?.removeEventListener('abort', abort);
        this.#pending.delete(end);
        if (this.#pending.size === 0) this.#port.keepAlive(false);
        how();
      };
      const end = (error: SpikeletError): void => settle(() => reject(error));
      const abort = (): void => {
        onAbort?.();
        settle(() => reject(signal?.reason));
      };
      signal?.addEventListener('abort', abort);
      this.#pending.add(end);
      this.#port.keepAlive(true);
      start().then(
        (value) => settle(() => resolve(value)),
        (error: unknown) => settle(() => reject(error)),
      );
    });
  }

  /** Ends the worker and every call under way. */
  close(): void {
    this.#end(closedError());
  }

  #end(error: SpikeletError): void {
    if (this.#ended) return;
    this.#ended = error;
    this.#port.terminate();
    for (const reject of [...this.#pending]) reject(error);
  }
}
