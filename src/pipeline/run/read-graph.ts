import { isGraph, type ModelSource } from '../../engine/open.js';
import { defaultMemoryLimit } from '../../engine/options.js';
import { readBytes } from '../../engine/source/read.js';
import { unpackAsync } from '../../format/read.js';
import type { Graph } from '../../graph/graph.js';
import { validateGraph } from '../../graph/validate.js';

export interface ReadOptions {
  readonly memoryLimit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The graph of a model, checked. */
export async function readGraph(source: ModelSource, { memoryLimit, signal }: ReadOptions): Promise<Graph> {
  if (typeof source === 'object' && isGraph(source)) {
    validateGraph(source);
    return source;
  }
  return unpackAsync(await readBytes(source, { limit: memoryLimit ?? defaultMemoryLimit, signal }));
}
