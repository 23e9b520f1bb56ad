import { compile } from '../compile/compile.js';
import {
  type ExtraFamily,
  expectsKernels,
  familiesFor,
  isSpiking,
  loadLowerings,
} from '../compile/families.js';
import type { Choices } from '../compile/lower/context.js';
import type { Plan, Target } from '../compile/plan.js';
import { SpikeletError } from '../error.js';
import { fileKind } from '../format/file-kind.js';
import { unpackAsync } from '../format/read.js';
import type { Graph } from '../graph/graph.js';
import type { Constant } from '../graph/tensor.js';
import { eventLoopTurn } from '../host.js';
import type { FamilyLoader, Kernels } from './kernels/choose.js';
import type { LocalModel, StepOpener } from './local-model.js';
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
  families: FamilyLoader,
  options: OpenOptions,
): Promise<LocalModel> {
  const { signal } = options;
  const report = (stage: Progress['stage'], loaded: number, total: number): void => {
    signal?.throwIfAborted();
    options.onProgress?.({ stage, loaded, total });
  };
  const graph = isGraph(source) ? source : await readModel(source, choice, options, report);
  const core = await choice;
  const family = onceEach((name) => families(name, core));
  const needed = familiesFor(graph);
  for (const name of needed) if (expectsKernels(graph, name)) family(name);
  const lowerings = await loadLowerings(needed);
  await eventLoopTurn();
  report('compile', 0, 1);
  const { memoryLimit = defaultMemoryLimit } = options;
  const plan = compile(graph, core.target, { memoryLimit, lowerings });
  await eventLoopTurn();
  report('compile', 1, 1);
  report('start', 0, 1);
  const start = async (ready: Plan, openStep: StepOpener): Promise<LocalModel> => {
    const extra = await Promise.all(ready.families.map(family));
    return startPlan(ready, { ...core, modules: [...core.modules, ...extra] }, options, openStep);
  };
  const model = await start(plan, stepOpener(graph, core.target, { memoryLimit, lowerings }, start));
  try {
    report('start', 1, 1);
  } catch (error) {
    model.close();
    throw error;
  }
  return model;
}

/** Only models with neurons keep their graph for streams. */
function stepOpener(
  graph: Graph,
  target: Target,
  choices: Choices,
  start: (plan: Plan, openStep: StepOpener) => Promise<LocalModel>,
): StepOpener {
  const kept = isSpiking(graph) ? graph : { ...graph, nodes: [], constants: new Map<string, Constant>() };
  const open: StepOpener = async () => {
    const { oneStep } = await import('./stream.js');
    return start(compile(oneStep(kept), target, { ...choices, stateful: true }), open);
  };
  return open;
}

/** Loads each family once; what fails is of interest only to those who wait for it. */
function onceEach(
  load: (family: ExtraFamily) => Promise<WebAssembly.Module>,
): (family: ExtraFamily) => Promise<WebAssembly.Module> {
  const loaded = new Map<ExtraFamily, Promise<WebAssembly.Module>>();
  return (family) => {
    const known = loaded.get(family) ?? load(family);
    known.catch(() => undefined);
    loaded.set(family, known);
    return known;
  };
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
