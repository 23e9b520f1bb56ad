import { SpikeletError } from '../error.js';
import type { Graph } from '../graph/graph.js';
import { validateGraph } from '../graph/validate.js';
import { chooseKernels, familyLoader } from './kernels/choose.js';
import type { KernelProvider } from './kernels/source.js';
import type { Model } from './model.js';
import { isGraph, type ModelSource, openModel } from './open.js';
import { checkLoadOptions, type LoadOptions } from './options.js';
import { isBytesSource } from './source/read.js';

export type Load = (source: ModelSource, options?: LoadOptions) => Promise<Model>;

/** The `load` of an entry point of the package: they differ in where their kernels come from. */
export function loadWith(embedded: KernelProvider): Load {
  return async (source, options = {}) => {
    checkLoadOptions(options);
    checkSource(source);
    options.signal?.throwIfAborted();
    const kernels = chooseKernels(options, embedded);
    kernels.catch(() => undefined);
    const families = familyLoader(options, embedded);
    if (!options.worker) return openModel(source, kernels, families, options);
    const { openInWorker } = await import('./worker/client.js');
    return openInWorker(source, await kernels, families, options);
  };
}

function checkSource(source: unknown): void {
  if (isBytesSource(source)) return;
  if (typeof source === 'object' && source !== null && isGraph(source as ModelSource)) {
    validateGraph(source as Graph);
    return;
  }
  const message = 'must be a path or URL, the bytes of a model file, a Response or a Graph';
  throw new SpikeletError('invalid-input', message, { where: 'source' });
}
