import * as ort from 'onnxruntime-web';
import type { Target } from '../../../src/compile/plan.js';
import type { Graph } from '../../../src/graph/graph.js';
import { seededRandom } from '../networks/draft.js';
import { median } from '../statistics.js';
import { type SpikingOptions, spikingVgg16 } from './network.js';
import { type PlacedPlan, placer } from './plans.js';
import { type Unrolling, unrolled } from './unrolled.js';

interface Contender {
  readonly name: string;
  run(): Promise<Float32Array>;
}

async function onnxruntime(
  graph: Graph,
  steps: number,
  image: Float32Array,
  how: Unrolling,
): Promise<Contender> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(unrolled(graph, steps, how), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  });
  const feeds = { image: new ort.Tensor('float32', image, [1, 3, 32, 32]) };
  return {
    name: `onnxruntime-web, ${how === 'steps' ? 'unrolled step by step' : 'layers over all steps'}`,
    async run() {
      const { scores } = await session.run(feeds);
      if (!(scores?.data instanceof Float32Array)) throw new Error('onnxruntime-web gave no f32 scores');
      return scores.data;
    },
  };
}

const ours = (name: string, plan: PlacedPlan, image: Float32Array): Contender => ({
  name,
  async run() {
    plan.give(image);
    plan.run();
    return plan.output().data as Float32Array;
  },
});

/** Milliseconds of a run by the clock and of the processor, which a busy machine disturbs less. */
interface Times {
  readonly wall: number;
  readonly processor: number;
}

async function timed({ run }: Contender): Promise<Times> {
  const [start, before] = [performance.now(), process.cpuUsage()];
  await run();
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - start, processor: (user + system) / 1000 };
}

async function medians(contenders: readonly Contender[], rounds: number): Promise<readonly Times[]> {
  const samples = contenders.map((): Times[] => []);
  for (let round = -2; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      await contender.run();
      for (let repeat = 0; repeat < 3; repeat++) {
        const times = await timed(contender);
        if (round >= 0) samples[i]?.push(times);
      }
    }
  }
  return samples.map((own) => ({
    wall: median(own.map(({ wall }) => wall)),
    processor: median(own.map(({ processor }) => processor)),
  }));
}

/** Rate of each layer of neurons, and how the layers that read them were computed. */
function printActivity({ plan, word }: PlacedPlan, steps: number): void {
  for (const { layer, neurons, mostEntries, address } of plan.counters) {
    const { name = '' } = plan.layers[layer] ?? {};
    const count = word(address);
    if (mostEntries === undefined) {
      console.log(`  ${name.padEnd(10)} fires ${((100 * count) / (neurons * steps)).toFixed(1)} %`);
    } else {
      const how = count > mostEntries ? 'dense' : 'event-driven';
      console.log(`  ${name.padEnd(10)} ${how} (${count} entries, most ${mostEntries})`);
    }
  }
}

/** A spiking VGG-16 in onnxruntime-web and here, one thread, by turns. */
export async function compareNetworks(
  root: string,
  target: Target,
  options: SpikingOptions,
  rounds: number,
): Promise<void> {
  const place = placer(root, target);
  const random = seededRandom(3);
  const image = Float32Array.from({ length: 3 * 32 * 32 }, () => Math.round(255 * random()) / 64 - 2);
  const graph = spikingVgg16(options, image, (part, x) => {
    const placed = place(part);
    placed.give(x);
    placed.run();
    return placed.output();
  });
  const chosen = place(graph);
  const contenders = [
    await onnxruntime(graph, options.steps, image, 'steps'),
    await onnxruntime(graph, options.steps, image, 'layers'),
    ours('spikelet, dense', place(graph, { events: 'never' }), image),
    ours('spikelet, as chosen', chosen, image),
  ];
  const scores = await Promise.all(contenders.map(async ({ run }) => [...(await run())]));
  const times = await medians(contenders, rounds);
  const own = times.at(-1);
  console.log(
    `\n${target.variant}, spiking VGG-16, ${options.steps} steps, weights of ${options.bits} bits:`,
  );
  printActivity(chosen, options.steps);
  contenders.forEach(({ name }, i) => {
    const same = JSON.stringify(scores[i]) === JSON.stringify(scores.at(-1)) ? 'same scores' : 'other scores';
    const column = (kind: keyof Times): string => {
      const [ms, ratio] = [times[i]?.[kind] ?? 0, (times[i]?.[kind] ?? 0) / (own?.[kind] ?? 1)];
      return `${ms.toFixed(2).padStart(9)} ms${`${ratio.toFixed(2)}x`.padStart(8)}`;
    };
    console.log(`${column('wall')}   processor${column('processor')}   ${name} (${same})`);
  });
  printSteps(chosen, image);
}

/** Where the processor time of a run goes, by kernel. */
function printSteps({ plan, give, runStep, clear }: PlacedPlan, image: Float32Array): void {
  const spent = new Map<string, number>();
  const repeats = 10;
  for (let i = 0; i < repeats; i++) {
    give(image);
    clear();
    for (const step of plan.steps) {
      const before = process.cpuUsage();
      runStep(step);
      const { user, system } = process.cpuUsage(before);
      spent.set(step.kernel, (spent.get(step.kernel) ?? 0) + (user + system) / 1000 / repeats);
    }
  }
  for (const [kernel, ms] of spent) console.log(`  ${ms.toFixed(2).padStart(7)} ms ${kernel}`);
}
