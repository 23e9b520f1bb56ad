import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from '../../../src/compile/compile.js';
import type { Choices } from '../../../src/compile/lower/context.js';
import * as spiking from '../../../src/compile/lower/spiking/index.js';
import type { Plan, Step, Target } from '../../../src/compile/plan.js';
import { clearCounters, fillMemory } from '../../../src/engine/memory.js';
import type { Graph } from '../../../src/graph/graph.js';
import type { Tensor, TypedArray } from '../../../src/graph/tensor.js';

type Kernel = (parameterBlock: number, begin: number, end: number) => void;

/** A plan in a memory of its own. */
export interface PlacedPlan {
  readonly plan: Plan;
  /** Writes the only input. */
  give(values: TypedArray): void;
  run(): void;
  runStep(step: Step): void;
  clear(): void;
  /** The i32 at an address. */
  word(address: number): number;
  /** The only output. */
  output(): Tensor;
}

/** Compiles graphs of one f32 output for the kernels of one variant, in memories of their own. */
export function placer(root: string, target: Target) {
  const modules = ['core', 'spiking'].map(
    (family) =>
      new WebAssembly.Module(readFileSync(join(root, `build/kernels/${family}-${target.variant}.wasm`))),
  );
  return (graph: Graph, choices: Choices = {}): PlacedPlan => {
    const plan = compile(graph, target, { ...choices, lowerings: { spiking } });
    const memory = new WebAssembly.Memory({ initial: Math.ceil(plan.memoryBytes / 65536), maximum: 65536 });
    const instances = modules.map((module) => new WebAssembly.Instance(module, { env: { memory } }));
    const kernels: WebAssembly.Exports = Object.assign({}, ...instances.map(({ exports }) => exports));
    fillMemory(memory, plan, kernels);
    const runStep = (step: Step): void =>
      (kernels[step.kernel] as Kernel)(step.parameterBlock, 0, step.units);
    const clear = (): void => clearCounters(memory, plan);
    return {
      plan,
      runStep,
      clear,
      give: (values) =>
        new Uint8Array(memory.buffer).set(
          new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
          plan.inputs[0]?.address,
        ),
      word: (address) => new DataView(memory.buffer).getInt32(address, true),
      run() {
        clear();
        plan.steps.forEach(runStep);
      },
      output() {
        const { type, address = 0 } = plan.outputs[0] ?? {};
        const shape = type?.shape ?? [];
        const count = shape.reduce((product, size) => product * size, 1);
        return { dtype: 'f32', shape, data: new Float32Array(memory.buffer, address, count).slice() };
      },
    };
  };
}
