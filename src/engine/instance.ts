import { instantiate, instantiateSync } from '@assemblyscript/loader';
import type { Step } from '../compile/plan.js';
import { SpikeletError } from '../error.js';

/** A kernel: work units [begin, end) of the call that the parameter block describes. */
export type Kernel = (parameterBlock: number, begin: number, end: number) => void;

/** What a thread needs to know of a step: plain data. */
export type KernelCall = Pick<Step, 'kernel' | 'parameterBlock' | 'units'>;

/** A step ready to run. */
export interface Call {
  readonly kernel: Kernel;
  readonly parameterBlock: number;
  readonly units: number;
}

const isKernel = (value: unknown): value is Kernel => typeof value === 'function';

/**
 * Pages of older browsers must not instantiate modules of this size at once. Elsewhere that is the better way: in
 * Node the other loads all of `fetch` to find out whether the module is a response.
 */
const instantiateKernels = (module: WebAssembly.Module, memory: WebAssembly.Memory) =>
  typeof document === 'object'
    ? instantiate(module, { env: { memory } })
    : instantiateSync(module, { env: { memory } });

/** The kernels over one memory, by name. */
export type Instance = WebAssembly.Exports;

/** Instantiates a module of kernels over a memory. */
export async function instanceOf(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Instance> {
  return (await instantiateKernels(module, memory)).instance.exports;
}

/** A kernel by name. Throws `no-engine` where there is none. */
export function kernelOf(instance: Instance, name: string): Kernel {
  const kernel = instance[name];
  if (isKernel(kernel)) return kernel;
  const message = `has no kernel '${name}': it belongs to another version of the package`;
  throw new SpikeletError('no-engine', message, { where: 'kernels' });
}

/** The steps as calls of an instance's kernels, in order. */
export const callsOf = (instance: Instance, steps: readonly KernelCall[]): readonly Call[] =>
  steps.map(({ kernel, parameterBlock, units }) => ({
    kernel: kernelOf(instance, kernel),
    parameterBlock,
    units,
  }));
