import type { KernelFamily, KernelVariant } from './engine/kernels/source.js';
import { type Load, loadWith } from './engine/load.js';

export * from './index.js';

/** Kernels as files beside this module, each address written out so that bundlers copy the file along. */
function externalKernels(variant: KernelVariant, family: KernelFamily): Promise<URL> {
  return Promise.resolve(addresses[family][variant]());
}

const addresses: Readonly<Record<KernelFamily, Readonly<Record<KernelVariant, () => URL>>>> = {
  core: {
    simd: () => new URL('./kernels/core-simd.wasm', import.meta.url),
    relaxed: () => new URL('./kernels/core-relaxed.wasm', import.meta.url),
    'simd-shared': () => new URL('./kernels/core-simd-shared.wasm', import.meta.url),
    'relaxed-shared': () => new URL('./kernels/core-relaxed-shared.wasm', import.meta.url),
  },
  sparse: {
    simd: () => new URL('./kernels/sparse-simd.wasm', import.meta.url),
    relaxed: () => new URL('./kernels/sparse-relaxed.wasm', import.meta.url),
    'simd-shared': () => new URL('./kernels/sparse-simd-shared.wasm', import.meta.url),
    'relaxed-shared': () => new URL('./kernels/sparse-relaxed-shared.wasm', import.meta.url),
  },
  spiking: {
    simd: () => new URL('./kernels/spiking-simd.wasm', import.meta.url),
    relaxed: () => new URL('./kernels/spiking-relaxed.wasm', import.meta.url),
    'simd-shared': () => new URL('./kernels/spiking-simd-shared.wasm', import.meta.url),
    'relaxed-shared': () => new URL('./kernels/spiking-relaxed-shared.wasm', import.meta.url),
  },
  attention: {
    simd: () => new URL('./kernels/attention-simd.wasm', import.meta.url),
    relaxed: () => new URL('./kernels/attention-relaxed.wasm', import.meta.url),
    'simd-shared': () => new URL('./kernels/attention-simd-shared.wasm', import.meta.url),
    'relaxed-shared': () => new URL('./kernels/attention-relaxed-shared.wasm', import.meta.url),
  },
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
