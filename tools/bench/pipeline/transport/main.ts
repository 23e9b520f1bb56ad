// What a hop from worker to worker costs, with buffers that are handed over and with slots of shared memory: out of one
// WebAssembly memory, over a channel, into another. By turns in one process, by the clock and in processor time.
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { load } from 'spikelet';
import { ratioOf, spreadOf } from '../../statistics.js';
import { visionShapes, visionTransformer } from '../../transformers/vision.js';
import type { Rounds, Transport } from './echo.js';

const slots = 2;
const rounds = 40;
const transports: readonly Transport[] = ['transfer', 'ring'];
const cuts: Readonly<Record<string, number>> = {
  'ViT-Tiny, 197x192': 197 * 192 * 4,
  '1 MB': 2 ** 20,
  '4 MB': 2 ** 22,
};

interface Samples {
  /** Milliseconds a hop. */
  readonly clock: number[];
  readonly processor: number[];
}

const shared = (bytes: number): readonly SharedArrayBuffer[] =>
  Array.from({ length: slots }, () => new SharedArrayBuffer(bytes));

/** Two workers with a channel between them. */
function openPair(bytes: number) {
  const script = fileURLToPath(new URL('./echo.mjs', import.meta.url));
  const [there, back] = [new Worker(script), new Worker(script)];
  const { port1, port2 } = new MessageChannel();
  const [first, second] = [shared(bytes), shared(bytes)];
  const ends = { bytes, own: first, other: second, isEcho: false };
  there.postMessage({ ...ends, port: port1 }, [port1 as never]);
  back.postMessage({ ...ends, port: port2, own: second, other: first, isEcho: true }, [port2 as never]);
  return {
    run: (wanted: Rounds): Promise<number> =>
      new Promise((resolve) => {
        there.once('message', resolve);
        there.postMessage(wanted);
      }),
    close: () => Promise.all([there.terminate(), back.terminate()]),
  };
}

async function measure(bytes: number): Promise<Readonly<Record<Transport, Samples>>> {
  const pair = openPair(bytes);
  const count = Math.max(10, Math.round(40e6 / bytes));
  const samples = { transfer: { clock: [], processor: [] }, ring: { clock: [], processor: [] } } as Record<
    Transport,
    Samples
  >;
  for (let round = -2; round < rounds; round++) {
    for (const transport of round % 2 === 0 ? transports : [...transports].reverse()) {
      const before = process.cpuUsage();
      const clock = await pair.run({ transport, count });
      const { user, system } = process.cpuUsage(before);
      if (round < 0) continue;
      samples[transport].clock.push(clock / count / 2);
      samples[transport].processor.push((user + system) / 1000 / count / 2);
    }
  }
  await pair.close();
  return samples;
}

/** Milliseconds of one of two stages of ViT-Tiny in one thread, in processor time. */
async function stageMs(): Promise<number> {
  const graph = visionTransformer('vit-tiny', visionShapes['vit-tiny']);
  const model = await load(graph);
  const [{ name, shape } = { name: '', shape: [] }] = model.inputs;
  const input = new Float32Array(shape.reduce((product, size) => product * size, 1));
  const times: number[] = [];
  for (let run = 0; run < 6; run++) {
    const before = process.cpuUsage();
    await model.run({ [name]: input });
    const { user, system } = process.cpuUsage(before);
    if (run > 0) times.push((user + system) / 1000);
  }
  model.close();
  return spreadOf(times).median / 2;
}

const stage = await stageMs();
console.log(`half of ViT-Tiny in fp32, processor time: ${stage.toFixed(2)} ms`);
for (const [name, bytes] of Object.entries(cuts)) {
  const { transfer, ring } = await measure(bytes);
  for (const clock of ['clock', 'processor'] as const) {
    const { ratio, low, high } = ratioOf(transfer[clock], ring[clock]);
    const [a, b] = [spreadOf(transfer[clock]).median, spreadOf(ring[clock]).median];
    const figures = `transfer ${a.toFixed(4)} ms, ring ${b.toFixed(4)} ms, ${ratio.toFixed(2)} times (${low.toFixed(2)}-${high.toFixed(2)})`;
    const share = clock === 'processor' ? `, ${((100 * a) / stage).toFixed(2)} % of that stage` : '';
    console.log(`${name.padEnd(18)} ${clock.padEnd(10)} ${figures}${share}`);
  }
}
