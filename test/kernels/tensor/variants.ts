import { builtModule, builtModules, kernelsOver } from '../built.js';

type Kernel = (parameters: number, begin: number, end: number) => void;

export interface Variant {
  readonly name: string;
  readonly kernel: (name: string) => Kernel;
  /** Memory of at least so many bytes. */
  readonly bytes: (size: number) => Uint8Array;
}

function open(name: string): Variant {
  const shared = name.endsWith('shared');
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared });
  const modules = builtModules(name).map((bytes) => new WebAssembly.Module(bytes));
  const exports = kernelsOver(modules, memory);
  return {
    name,
    kernel: (kernel) => exports[kernel] as Kernel,
    bytes: (size) => {
      const missing = size + 64 - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / 65536));
      return new Uint8Array(memory.buffer);
    },
  };
}

const runs = (name: string): boolean => WebAssembly.validate(builtModule('core', name));

/** Every built variant that this engine accepts. */
export const kernelVariants: readonly Variant[] = ['simd', 'relaxed', 'simd-shared', 'relaxed-shared']
  .filter(runs)
  .map(open);
