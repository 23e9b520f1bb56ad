import { compile } from '../compile/compile.js';
import { SpikeletError } from '../error.js';
import { unpackAsync } from '../format/spikelet.js';
import type { Graph } from '../graph/graph.js';
import type { Kernels } from './kernels/choose.js';
import type { LocalModel } from './local-model.js';
import { defaultMemoryLimit, type LoadOptions, type Progress } from './options.js';
import { readBytes } from './source/read.js';
import { type StartOptions, startPlan } from './start.js';

/** Where a model comes from: a graph, the bytes of a model file, or a place to read them from. */
export type ModelSource = string | URL | Uint8Array | ArrayBuffer | Response | Graph;

export type OpenOptions = StartOptions & Pick<LoadOptions, 'signal' | 'onProgress'>;

export function isGraph(source: ModelSource): source is Graph {
  return typeof source === 'object' && 'nodes' in source && 'constants' in source;
}

/** Reads, compiles and starts a model in this thread. */
export async function openModel(
  source: ModelSource,
  choice: Kernels | Promise<Kernels>,
  options: OpenOptions,
): Promise<LocalModel> {
  const { signal } = options;
  const report = (stage: Progress['stage'], loaded: number, total: number): void => {
    signal?.throwIfAborted();
    options.onProgress?.({ stage, loaded, total });
  };
  const graph = isGraph(source) ? source : await readModel(source, options, report);
  const kernels = await choice;
  report('compile', 0, 1);
  const plan = compile(graph, kernels.target);
  report('compile', 1, 1);
  report('start', 0, 1);
  const model = await startPlan(plan, kernels, options);
  try {
    report('start', 1, 1);
  } catch (error) {
    model.close();
    throw error;
  }
  return model;
}

async function readModel(
  source: Exclude<ModelSource, Graph>,
  { memoryLimit = defaultMemoryLimit, signal }: OpenOptions,
  report: (stage: Progress['stage'], loaded: number, total: number) => void,
): Promise<Graph> {
  const onBytes = (loaded: number, total: number): void => report('fetch', loaded, total);
  const bytes = await readBytes(source, { limit: memoryLimit, signal, onBytes });
  if (bytes[0] === 0x3c) {
    const message = 'is HTML or XML, not a model file: the server may not have the file';
    throw new SpikeletError('invalid-model', message, {
      where: typeof source === 'string' ? source : 'source',
    });
  }
  report('verify', 0, bytes.length);
  const graph = await unpackAsync(bytes);
  report('verify', bytes.length, bytes.length);
  return graph;
}
