import type { Plan, Target } from '../../src/compile/plan.js';
import { clearCounters, clearState, fillMemory } from '../../src/engine/memory.js';
import { allocate, elementCount, type Tensor } from '../../src/graph/tensor.js';
import { builtModule, kernelsOver } from '../kernels/built.js';
import { flavours, relaxedModules } from '../kernels/dense/emulated.js';
import { cachedModules } from '../kernels/harness.js';

const pageBytes = 65536;
/** 255 as u8, not-a-number as f32: a result that depends on memory nobody wrote shows. */
const poison = 0xff;

type Kernel = (parameterBlock: number, begin: number, end: number) => void;

/** Targets that this JavaScript engine can compile; a dot product that is not exact here is emulated. */
export function runnableTargets(): readonly Target[] {
  const simd: Target = { variant: 'simd', dot: 'i16' };
  return WebAssembly.validate(builtModule('core', 'relaxed'))
    ? [simd, { variant: 'relaxed', dot: 'usdot' }]
    : [simd];
}

/** Targets of every arithmetic that kernels meet, emulated where this JavaScript engine has another. */
export const emulatedTargets = () =>
  flavours().map(({ name, variant, form, modules }) => {
    const dot = variant === 'simd' ? 'i16' : form === 'flipped' ? 'sdot' : 'usdot';
    const target: Target = { variant, dot };
    return { name, target, modules };
  });

/** How the units of a step are run: at once, or in parts as threads would, last part first. */
export type Split = 'whole' | 'parts';

function runUnits(kernel: Kernel, parameterBlock: number, units: number, split: Split): void {
  if (split === 'whole') {
    kernel(parameterBlock, 0, units);
    return;
  }
  const middle = Math.floor(units / 2);
  kernel(parameterBlock, middle, units);
  kernel(parameterBlock, 0, middle);
}

const modulesFor = ({ dot }: Target): readonly WebAssembly.Module[] =>
  dot === 'i16' ? cachedModules('simd') : relaxedModules(dot);

/** Runs plans of one target, step by step, in a memory of their own that starts out poisoned. */
export function planRunner(target: Target, modules = modulesFor(target)) {
  return (
    plan: Plan,
    inputs: Readonly<Record<string, Tensor>>,
    split: Split,
  ): Readonly<Record<string, Tensor>> => {
    const pages = Math.ceil(plan.memoryBytes / pageBytes);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536 });
    const bytes = new Uint8Array(memory.buffer).fill(poison);
    const kernels = kernelsOver(modules, memory);
    fillMemory(memory, plan, kernels);
    for (const { description, address } of plan.inputs) {
      const data = inputs[description.name]?.data;
      if (data) bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), address);
    }
    clearCounters(memory, plan);
    clearState(memory, plan);
    for (const step of plan.steps) {
      runUnits(kernels[step.kernel] as Kernel, step.parameterBlock, step.units, split);
    }
    return Object.fromEntries(
      plan.outputs.map(({ description, type, address }) => {
        const data = allocate(type.dtype, elementCount(type.shape));
        new Uint8Array(data.buffer).set(bytes.subarray(address, address + data.byteLength));
        return [description.name, { dtype: type.dtype, shape: type.shape, data }];
      }),
    );
  };
}
