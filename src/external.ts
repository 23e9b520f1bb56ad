import type { KernelVariant } from './engine/kernels/source.js';
import { type Load, loadWith } from './engine/load.js';

export * from './index.js';

/** Kernels as files beside this module, each address written out so that bundlers copy the file along. */
function externalKernels(variant: KernelVariant): Promise<URL> {
  return Promise.resolve(addresses[variant]());
}

const addresses: Readonly<Record<KernelVariant, () => URL>> = {
  simd: () => new URL('./kernels/simd.wasm', import.meta.url),
  relaxed: () => new URL('./kernels/relaxed.wasm', import.meta.url),
  'simd-shared': () => new URL('./kernels/simd-shared.wasm', import.meta.url),
  'relaxed-shared': () => new URL('./kernels/relaxed-shared.wasm', import.meta.url),
};

/**
 * `load` with its kernels fetched as `.wasm` files instead of being part of the script: smaller by a quarter before
 * compression, but the files have to be served along.
 *
 * @example
 * import { load } from 'spikelet/external';
 *
 * const model = await load(modelFile);
 * console.log(model.explain().variant);
 * model.close();
 */
export const load: Load = loadWith(externalKernels);
