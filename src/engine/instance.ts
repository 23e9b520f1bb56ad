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

/** Instantiates modules of kernels over one memory. Where two have a kernel of one name, the later one counts. */
export async function instanceOf(
  modules: readonly WebAssembly.Module[],
  memory: WebAssembly.Memory,
): Promise<Instance> {
  const instances = await Promise.all(modules.map((module) => instantiateKernels(module, memory)));
  return Object.assign({}, ...instances.map(({ instance }) => instance.exports));
}

/** A kernel by name. Throws `no-engine` where there is none. */
export function kernelOf(instance: Instance, name: string): Kernel {
  const kernel = instance[name];
  if (isKernel(kernel)) return kernel;
  const message = `there is no '${name}': the modules given belong to another version of the package or lack a family`;
  throw new SpikeletError('no-engine', message, { where: 'kernels' });
}

/** The steps as calls of an instance's kernels, in order. */
export const callsOf = (instance: Instance, steps: readonly KernelCall[]): readonly Call[] =>
  steps.map(({ kernel, parameterBlock, units }) => ({
    kernel: kernelOf(instance, kernel),
    parameterBlock,
    units,
  }));
