import { transfer } from 'comlink';
import type { ExtraFamily } from '../../compile/families.js';
import type { Tensor } from '../../graph/tensor.js';
import { closedError } from '../closed.js';
import type { LocalModel } from '../local-model.js';
import { openModel } from '../open.js';
import type { TensorLike } from '../ports.js';
import {
  type FamilyMessage,
  fromWire,
  type ModelServer,
  type OpenRequest,
  type ProgressMessage,
  type Reply,
  type RunResult,
  toWire,
} from './protocol.js';

/** Serves one model to a page; `post` sends it messages that are not answers. */
export function modelServer(post: (message: ProgressMessage | FamilyMessage) => void): ModelServer {
  const stoppers = new Map<number, AbortController>();
  const awaited = new Map<ExtraFamily, (module: Reply<WebAssembly.Module>) => void>();
  const streams = new Map<number, LocalModel>();
  let model: LocalModel | undefined;

  /** Kernels by way of the page. */
  async function family(name: ExtraFamily): Promise<WebAssembly.Module> {
    const reply = await new Promise<Reply<WebAssembly.Module>>((resolve) => {
      awaited.set(name, resolve);
      post({ family: name });
    });
    if ('error' in reply) throw fromWire(reply.error);
    return reply.value;
  }

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

  const streamed = (stream: number): LocalModel => {
    const step = streams.get(stream);
    if (!step) throw closedError();
    return step;
  };

  async function run(
    call: number,
    runnable: () => LocalModel,
    inputs: Readonly<Record<string, TensorLike>>,
    stoppable: boolean,
    certain?: number,
  ): Promise<Reply<RunResult>> {
    const reply = await answer(call, async (signal) => {
      const own = runnable();
      const outputs = await own.run(inputs, { certain, ...(stoppable && { signal }) });
      return { outputs, spikes: own.spikes };
    });
    return 'value' in reply ? transfer(reply, buffersOf(reply.value.outputs)) : reply;
  }

  return {
    ready: () => true,
    open: (call, { source, kernels, memoryLimit, wantsProgress }: OpenRequest) =>
      answer(call, async (signal) => {
        const onProgress = wantsProgress
          ? (progress: ProgressMessage['progress']) => post({ progress })
          : undefined;
        model = await openModel(source, kernels, family, { signal, onProgress, memoryLimit });
        const { name, inputs, outputs } = model;
        return { name, inputs, outputs, explanation: model.explain() };
      }),
    run: (call, inputs, stoppable, certain) => run(call, opened, inputs, stoppable, certain),
    openStream: (call) =>
      answer(call, async () => {
        const step = await opened().openStep();
        streams.set(call, step);
        return { stream: call, inputs: step.inputs, outputs: step.outputs };
      }),
    step: (call, stream, inputs, stoppable) => run(call, () => streamed(stream), inputs, stoppable),
    resetStream: (call, stream) =>
      answer<true>(call, async () => {
        await streamed(stream).reset();
        return true;
      }),
    closeStream: (stream) => {
      streams.get(stream)?.close();
      streams.delete(stream);
    },
    measure: (call, inputs, runs, stoppable) =>
      answer(call, (signal) => opened().measure(inputs, { runs, ...(stoppable && { signal }) })),
    abort: (call) => stoppers.get(call)?.abort(),
    provide: (name, module) => awaited.get(name)?.(module),
  };
}

const buffersOf = (tensors: Readonly<Record<string, Tensor>>): Transferable[] =>
  Object.values(tensors).flatMap(({ data }) => (data.buffer instanceof ArrayBuffer ? [data.buffer] : []));
