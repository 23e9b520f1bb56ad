import { embeddedKernels } from './engine/kernels/embedded.js';
import { type Load, loadWith } from './engine/load.js';

export { type Capabilities, capabilities } from './engine/capabilities.js';
export {
  type Explanation,
  type LayerExplanation,
  type MemoryExplanation,
  memoryLayout,
} from './engine/explain.js';
export type { KernelFamily, KernelSource, KernelVariant } from './engine/kernels/source.js';
export type { ThreadChoice } from './engine/kernels/thread-support.js';
export type { Model } from './engine/model.js';
export type { ModelSource } from './engine/open.js';
export type { LoadOptions, ProfileOptions, Progress, RunOptions } from './engine/options.js';
export type { ModelPort, TensorLike } from './engine/ports.js';
export type { ChromeTrace, LayerProfile, Profile, TraceEvent } from './engine/profile.js';
export type { Stream } from './engine/stream.js';
export type { WorkerLike } from './engine/threads/port.js';
export { type ErrorCode, SpikeletError } from './error.js';
export type { Graph } from './graph/graph.js';
export type { Tensor, TypedArray } from './graph/tensor.js';

/**
 * Makes a model ready to run: reads it, checks it, compiles it for this machine and starts it.
 *
 * The source is a URL, a path in Node, the bytes of a `.spikelet` file, a `Response` or a `Graph`. Bytes and graphs are
 * not copied: they must not change until the promise settles (give `bytes.slice()` of a buffer that others write to).
 *
 * Rejects with `invalid-model` or `unsupported` for a file that cannot be run, `not-found` for one that cannot be read,
 * `out-of-memory`, `no-engine` without WebAssembly SIMD, and with the signal's reason when it is aborted.
 *
 * @example
 * import { load } from 'spikelet';
 *
 * const model = await load(modelFile, { onProgress: ({ stage, loaded, total }) => console.log(stage, loaded, total) });
 * const [input] = model.inputs;
 * const outputs = await model.run({ [input.name]: new Float32Array(input.shape.reduce((n, d) => n * d, 1)) });
 * console.log(model.explain().variant, outputs);
 * model.close();
 */
export const load: Load = loadWith(embeddedKernels);
