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

/** An instance of the kernels over a memory, its calls in order. */
export async function prepareCalls(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  steps: readonly KernelCall[],
): Promise<readonly Call[]> {
  const { exports } = (await instantiateKernels(module, memory)).instance;
  return steps.map(({ kernel: name, parameterBlock, units }) => {
    const kernel = exports[name];
    if (!isKernel(kernel)) {
      const message = `has no kernel '${name}': it belongs to another version of the package`;
      throw new SpikeletError('no-engine', message, { where: 'kernels' });
    }
    return { kernel, parameterBlock, units };
  });
}
