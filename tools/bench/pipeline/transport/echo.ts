// A worker at one end of a channel. It sends values and takes those that come back, or sends back what comes.
import { parentPort } from 'node:worker_threads';

export type Transport = 'transfer' | 'ring';

export interface Ends {
  readonly port: MessagePort;
  readonly bytes: number;
  /** Slots that this worker writes, and those that it reads. */
  readonly own: readonly SharedArrayBuffer[];
  readonly other: readonly SharedArrayBuffer[];
  /** Sends back what comes. */
  readonly isEcho: boolean;
}

/** Hops to make; the worker that is no echo answers with the milliseconds that they took. */
export interface Rounds {
  readonly transport: Transport;
  readonly count: number;
}

type Message =
  | { readonly item: number; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly item: number; readonly shape: readonly number[]; readonly slot: number };

const views = (slots: readonly SharedArrayBuffer[]): readonly Float32Array[] =>
  slots.map((slot) => new Float32Array(slot));

function connect({ port, bytes, own, other, isEcho }: Ends): void {
  // Where the engine writes results and reads inputs: its memory cannot be handed over.
  const memory = new WebAssembly.Memory({ initial: Math.ceil((2 * bytes) / 65_536) });
  const result = new Float32Array(memory.buffer, 0, bytes / 4).fill(1);
  const input = new Float32Array(memory.buffer, bytes, bytes / 4);
  const shape = [1, bytes / 4];
  const [mine, theirs] = [views(own), views(other)];

  function send(item: number, transport: Transport): void {
    if (transport === 'transfer') {
      const data = result.slice();
      port.postMessage({ item, shape, data } satisfies Message, [data.buffer]);
      return;
    }
    const slot = item % mine.length;
    mine[slot]?.set(result);
    port.postMessage({ item, shape, slot } satisfies Message);
  }

  let { count, transport }: Rounds = { count: 0, transport: 'transfer' };
  let start = 0;
  port.onmessage = ({ data: message }: MessageEvent<Message>) => {
    const { item } = message;
    const values = 'data' in message ? message.data : theirs[message.slot];
    if (values) input.set(values);
    if (isEcho) send(item, 'data' in message ? 'transfer' : 'ring');
    else if (item + 1 < count) send(item + 1, transport);
    else parentPort?.postMessage(performance.now() - start);
  };
  if (isEcho) return;
  parentPort?.on('message', (rounds: Rounds) => {
    ({ count, transport } = rounds);
    start = performance.now();
    send(0, transport);
  });
}

parentPort?.once('message', connect);
