import { compile } from '../compile/compile.js';
import { SpikeletError } from '../error.js';
import { fileKind } from '../format/file-kind.js';
import { unpackAsync } from '../format/read.js';
import type { Graph } from '../graph/graph.js';
import { eventLoopTurn } from '../host.js';
import type { Kernels } from './kernels/choose.js';
import type { LocalModel } from './local-model.js';
import { defaultMemoryLimit, type LoadOptions, type Progress } from './options.js';
import { isResponse, readBytes } from './source/read.js';
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
  const graph = isGraph(source) ? source : await readModel(source, choice, options, report);
  const kernels = await choice;
  await eventLoopTurn();
  report('compile', 0, 1);
  const plan = compile(graph, kernels.target, { memoryLimit: options.memoryLimit ?? defaultMemoryLimit });
  await eventLoopTurn();
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
  choice: Kernels | Promise<Kernels>,
  { memoryLimit = defaultMemoryLimit, signal }: OpenOptions,
  report: (stage: Progress['stage'], loaded: number, total: number) => void,
): Promise<Graph> {
  const onBytes = (loaded: number, total: number): void => report('fetch', loaded, total);
  const bytes = await readBytes(source, { limit: memoryLimit, signal, onBytes });
  refuseOther(bytes, nameOf(source));
  // What follows keeps this thread busy, which would hold up the loading of the kernels.
  await choice;
  report('verify', 0, bytes.length);
  const graph = await unpackAsync(bytes);
  report('verify', bytes.length, bytes.length);
  return graph;
}

function nameOf(source: Exclude<ModelSource, Graph>): string {
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) return 'source';
  return isResponse(source) ? source.url || 'source' : String(source);
}

/** Refuses files that are no damaged model file but something else. */
function refuseOther(bytes: Uint8Array, where: string): void {
  if (bytes[0] === 0x3c) {
    const message = 'is HTML or XML, not a model file: the server may not have the file';
    throw new SpikeletError('invalid-model', message, { where });
  }
  if (fileKind(bytes, where) === 'onnx') {
    const message =
      "is an ONNX file: import it with fromOnnx from 'spikelet/onnx', or use 'npx spikelet convert'";
    throw new SpikeletError('unsupported', message, { where });
  }
}
