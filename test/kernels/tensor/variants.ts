import { readFileSync } from 'node:fs';

type Kernel = (parameters: number, begin: number, end: number) => void;

export interface Variant {
  readonly name: string;
  readonly kernel: (name: string) => Kernel;
  /** Memory of at least so many bytes. */
  readonly bytes: (size: number) => Uint8Array;
}

const folder = new URL('../../../build/kernels/', import.meta.url);

function open(name: string): Variant {
  const module = new WebAssembly.Module(readFileSync(new URL(`${name}.wasm`, folder)));
  const shared = name.endsWith('shared');
  const memory = new WebAssembly.Memory({ initial: 64, maximum: 65536, shared });
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
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

const runs = (name: string): boolean => WebAssembly.validate(readFileSync(new URL(`${name}.wasm`, folder)));

/** Every built variant that this engine accepts. */
export const kernelVariants: readonly Variant[] = ['simd', 'relaxed', 'simd-shared', 'relaxed-shared']
  .filter(runs)
  .map(open);
