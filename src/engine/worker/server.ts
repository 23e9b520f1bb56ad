import { transfer } from 'comlink';
import type { Tensor } from '../../graph/tensor.js';
import { closedError } from '../closed.js';
import type { LocalModel } from '../local-model.js';
import { openModel } from '../open.js';
import type { TensorLike } from '../ports.js';
import { type ModelServer, type OpenRequest, type ProgressMessage, type Reply, toWire } from './protocol.js';

/** Serves one model to a page; `post` sends it messages that are not answers. */
export function modelServer(post: (message: ProgressMessage) => void): ModelServer {
  const stoppers = new Map<number, AbortController>();
  let model: LocalModel | undefined;

  async function answer<T>(call: number, work: (signal: AbortSignal) => Promise<T>): Promise<Reply<T>> {
    const stopper = new AbortController();
    stoppers.set(call, stopper);
    try {
      return { value: await work(stopper.signal) };
    } catch (error) {
      return { error: toWire(error) };
    } finally {
      stoppers.delete(call);
    }
  }

  const opened = (): LocalModel => {
    if (!model) throw closedError();
    return model;
  };

  return {
    ready: () => true,
    open: (call, { source, kernels, memoryLimit, wantsProgress }: OpenRequest) =>
      answer(call, async (signal) => {
        const onProgress = wantsProgress
          ? (progress: ProgressMessage['progress']) => post({ progress })
          : undefined;
        model = await openModel(source, kernels, { signal, onProgress, memoryLimit });
        const { name, inputs, outputs } = model;
        return { name, inputs, outputs, explanation: model.explain() };
      }),
    run: async (call, inputs: Readonly<Record<string, TensorLike>>, stoppable) => {
      const reply = await answer(call, (signal) => opened().run(inputs, stoppable ? { signal } : {}));
      return 'value' in reply ? transfer(reply, buffersOf(reply.value)) : reply;
    },
    measure: (call, inputs, runs, stoppable) =>
      answer(call, (signal) => opened().measure(inputs, { runs, ...(stoppable && { signal }) })),
    abort: (call) => stoppers.get(call)?.abort(),
  };
}

const buffersOf = (tensors: Readonly<Record<string, Tensor>>): Transferable[] =>
  Object.values(tensors).flatMap(({ data }) => (data.buffer instanceof ArrayBuffer ? [data.buffer] : []));
