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

async function medians(contenders: readonly Contender[], rounds: number): Promise<readonly number[]> {
  const samples = contenders.map((): number[] => []);
  for (let round = -2; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      await contender.run();
      const times: number[] = [];
      for (let repeat = 0; repeat < 3; repeat++) {
        const start = performance.now();
        await contender.run();
        times.push(performance.now() - start);
      }
      if (round >= 0) samples[i]?.push(median(times));
    }
  }
  for (const own of samples) console.log(own.map((x) => x.toFixed(1)).join(' '));
  return samples.map(median);
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
  const own = times.at(-1) ?? 0;
  console.log(
    `\n${target.variant}, spiking VGG-16, ${options.steps} steps, weights of ${options.bits} bits:`,
  );
  printActivity(chosen, options.steps);
  contenders.forEach(({ name }, i) => {
    const same = JSON.stringify(scores[i]) === JSON.stringify(scores.at(-1)) ? 'same scores' : 'other scores';
    const ms = (times[i] ?? 0).toFixed(2).padStart(8);
    console.log(`${ms} ms  ${((times[i] ?? 0) / own).toFixed(2).padStart(6)}x  ${name} (${same})`);
  });
  printSteps(chosen);
}

/** Where the time of a run goes, by kernel. */
function printSteps({ plan, runStep, clear }: PlacedPlan): void {
  const samples = new Map<string, number>();
  const repeats = 10;
  for (let i = 0; i < repeats; i++) {
    clear();
    for (const step of plan.steps) {
      const start = performance.now();
      runStep(step);
      const spent = performance.now() - start;
      const kernel = `${step.kernel}`;
      samples.set(kernel, (samples.get(kernel) ?? 0) + spent / repeats);
    }
  }
  for (const [kernel, ms] of samples) console.log(`  ${ms.toFixed(2).padStart(7)} ms ${kernel}`);
}
