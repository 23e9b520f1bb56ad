import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from '../../../src/compile/compile.js';
import { families } from '../../../src/compile/kernels/table.js';
import type { Choices } from '../../../src/compile/lower/context.js';
import * as sparse from '../../../src/compile/lower/sparse/index.js';
import type { Plan, Step, Target } from '../../../src/compile/plan.js';
import { fillMemory } from '../../../src/engine/memory.js';
import type { Graph } from '../../../src/graph/graph.js';
import { seededRandom } from '../networks/draft.js';
import { median, quantile } from '../statistics.js';

type Kernel = (parameterBlock: number, begin: number, end: number) => void;

/** A plan in a memory of its own. */
export interface PlacedPlan {
  readonly plan: Plan;
  run(): void;
  runStep(step: Step): void;
  /** The i32 at an address. */
  word(address: number): number;
}

/** Compiles graphs for the kernels of one variant, in memories of their own with random inputs. */
export function placer(root: string, target: Target) {
  const modules = Object.keys(families).map(
    (family) =>
      new WebAssembly.Module(readFileSync(join(root, `build/kernels/${family}-${target.variant}.wasm`))),
  );
  return (graph: Graph, choices: Choices = {}): PlacedPlan => {
    const plan = compile(graph, target, { ...choices, lowerings: { sparse } });
    const memory = new WebAssembly.Memory({ initial: Math.ceil(plan.memoryBytes / 65536), maximum: 65536 });
    const instances = modules.map((module) => new WebAssembly.Instance(module, { env: { memory } }));
    const kernels: WebAssembly.Exports = Object.assign({}, ...instances.map(({ exports }) => exports));
    fillMemory(memory, plan, kernels);
    fillInputs(plan, memory);
    const runStep = (step: Step): void =>
      (kernels[step.kernel] as Kernel)(step.parameterBlock, 0, step.units);
    const word = (address: number): number => new DataView(memory.buffer).getInt32(address, true);
    return { plan, runStep, word, run: () => plan.steps.forEach(runStep) };
  };
}

function fillInputs(plan: Plan, memory: WebAssembly.Memory): void {
  const random = seededRandom(1);
  for (const { type, address } of plan.inputs) {
    const count = type.shape.reduce((product, size) => product * size, 1);
    if (type.dtype === 'u8') {
      new Uint8Array(memory.buffer, address, count).set(
        Uint8Array.from({ length: count }, () => 256 * random()),
      );
    } else {
      new Float32Array(memory.buffer, address, count).set(
        Float32Array.from({ length: count }, () => 2 * random() - 1),
      );
    }
  }
}

/** Milliseconds of a timed stretch: longer than the clock's resolution and shorter than the scheduler's patience. */
const stretch = 2;

/** Milliseconds of processor time. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function timed(work: () => void, repeats: number, clock = processorTime): number {
  const start = clock();
  for (let i = 0; i < repeats; i++) work();
  return (clock() - start) / repeats;
}

/** Time for the engine's optimizing compiler to replace the code it starts with. */
const warmUp = 60;

/** Median milliseconds of each piece of work, which take turns so that what disturbs one disturbs all. */
export function alternated(works: readonly (() => void)[], rounds: number): readonly number[] {
  const repeats = works.map((work) => {
    const until = performance.now() + warmUp;
    while (performance.now() < until) work();
    return Math.max(1, Math.ceil(stretch / Math.max(1e-4, timed(work, 3))));
  });
  const samples = works.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    works.forEach((work, i) => {
      samples[i]?.push(timed(work, repeats[i] ?? 1));
    });
  }
  return samples.map(median);
}

/** First quartile of the milliseconds of each step of a plan as it runs after those before it. */
export function stepTimes({ plan, runStep, run }: PlacedPlan, rounds: number): readonly number[] {
  for (const until = performance.now() + 5 * warmUp; performance.now() < until; ) run();
  const samples = plan.steps.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    plan.steps.forEach((step, i) => {
      samples[i]?.push(
        timed(
          () => runStep(step),
          1,
          () => performance.now(),
        ),
      );
    });
  }
  return samples.map((own) => quantile(own, 0.25));
}
