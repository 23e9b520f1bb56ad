import { nodeBuiltin } from '../../host.js';
import { callsOf, instanceOf, type KernelCall } from '../instance.js';
import { controlBlock } from './board.js';
import { serveRuns } from './share.js';

/** What a thread is started with. */
export interface ThreadStart {
  readonly modules: readonly WebAssembly.Module[];
  readonly memory: WebAssembly.Memory;
  readonly steps: readonly KernelCall[];
  readonly index: number;
  readonly members: number;
}

/** What a thread answers, once: it is ready, or why it cannot be. */
export type ThreadAnswer = { readonly ready: true } | { readonly ready: false; readonly reason: string };

async function start(
  { modules, memory, steps, index, members }: ThreadStart,
  answer: (a: ThreadAnswer) => void,
) {
  try {
    const calls = callsOf(await instanceOf(modules, memory), steps);
    answer({ ready: true });
    serveRuns(controlBlock(memory), calls, index, members);
  } catch (error) {
    answer({ ready: false, reason: error instanceof Error ? error.message : String(error) });
  }
}

const parent = nodeBuiltin('node:worker_threads')?.parentPort;
if (parent) {
  parent.once(
    'message',
    (message: ThreadStart) => void start(message, (answer) => parent.postMessage(answer)),
  );
} else {
  addEventListener(
    'message',
    (event: MessageEvent<ThreadStart>) => void start(event.data, (answer) => postMessage(answer)),
    {
      once: true,
    },
  );
}
