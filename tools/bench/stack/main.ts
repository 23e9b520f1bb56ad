import { parseArgs } from 'node:util';
import { onnxruntime } from '../engines/onnxruntime.js';
import { spikelet } from '../engines/spikelet.js';
import { randomImage } from '../image.js';
import { type Arithmetic, networks } from '../networks/index.js';
import { median } from '../statistics.js';
import { shiftCalls, slot } from './shift.js';

const page = 4096;
const engines = { spikelet, 'onnxruntime-web': onnxruntime } as const;

interface Position {
  readonly bytes: number;
  readonly milliseconds: number;
}

/** Processor time of this process in milliseconds: what others do on the machine counts less. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function fastest(run: () => Promise<unknown>, runs: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const start = processorTime();
    await run();
    least = Math.min(least, processorTime() - start);
  }
  return least;
}

/** Times a run at each position of two pages; positions that look slow are measured up to six times more. */
async function sweep(
  run: () => Promise<unknown>,
  shift: (slots: number) => void,
): Promise<readonly Position[]> {
  await fastest(run, 60);
  const times: number[] = [];
  for (let slots = 0; slots < (2 * page) / slot; slots++) {
    shift(slots);
    times.push(await fastest(run, 4));
  }
  const limit = slow * median(times);
  for (const [slots, time] of times.entries()) {
    let least = time;
    for (let again = 0; again < 6 && least > limit; again++) {
      shift(slots);
      least = Math.min(least, await fastest(run, 5));
    }
    times[slots] = least;
  }
  return times.map((milliseconds, slots) => ({ bytes: slots * slot, milliseconds }));
}

/** A position is slow from this multiple of the median on. */
const slow = 1.25;

function options(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      engine: { type: 'string', default: 'spikelet' },
      network: { type: 'string', default: 'resnet18' },
      arithmetic: { type: 'string', default: '8' },
      width: { type: 'string', default: '0.5' },
      json: { type: 'boolean', default: false },
    },
  });
  const { engine, network, arithmetic } = values;
  if (engine !== 'spikelet' && engine !== 'onnxruntime-web') throw new Error(`no engine '${engine}'`);
  if (network !== 'resnet18' && network !== 'vgg16') throw new Error(`no network '${network}'`);
  const known: Readonly<Record<string, Arithmetic>> = { 8: 8, 4: 4, 2: 2, f32: 'f32' };
  const chosen = known[arithmetic];
  if (chosen === undefined) throw new Error(`no arithmetic '${arithmetic}'`);
  return { engine, network, arithmetic: chosen, width: Number(values.width), json: values.json } as const;
}

export async function main(args: readonly string[]): Promise<void> {
  const { engine, network, arithmetic, width, json } = options(args);
  const shift = shiftCalls();
  const loaded = await engines[engine](networks[network]({ arithmetic, width }), randomImage(7), 1);
  const positions = await sweep(() => loaded.run(), shift);
  await loaded.close();
  const middle = median(positions.map(({ milliseconds }) => milliseconds));
  const found = positions.filter(({ milliseconds }) => milliseconds > slow * middle);
  if (json) {
    console.log(JSON.stringify({ node: process.version, engine, network, arithmetic, width, middle, found }));
    return;
  }
  console.log(`${engine}, ${network} ${arithmetic}, Node ${process.versions.node}: ${middle.toFixed(2)} ms`);
  console.log(`slow at ${found.length} of ${positions.length} positions of the stack`);
  for (const { bytes, milliseconds } of found) {
    console.log(
      `  ${bytes} bytes down: ${milliseconds.toFixed(2)} ms, ${(milliseconds / middle).toFixed(2)} times`,
    );
  }
}
