import { readFileSync } from 'node:fs';
import { families } from '../../src/compile/kernels/table.js';

export const familyNames = Object.keys(families);

/** Bytes of one built module, also of one that this engine cannot compile. */
export function builtModule(family: string, variant: string): Uint8Array<ArrayBuffer> {
  const url = new URL(`../../build/kernels/${family}-${variant}.wasm`, import.meta.url);
  return new Uint8Array(readFileSync(url));
}

/** Bytes of the modules of every family. */
export const builtModules = (variant: string): readonly Uint8Array<ArrayBuffer>[] =>
  familyNames.map((family) => builtModule(family, variant));

/** The kernels of all modules over one memory. */
export function kernelsOver(
  modules: readonly WebAssembly.Module[],
  memory: WebAssembly.Memory,
): WebAssembly.Exports {
  const instances = modules.map((module) => new WebAssembly.Instance(module, { env: { memory } }));
  return Object.assign({}, ...instances.map(({ exports }) => exports));
}
