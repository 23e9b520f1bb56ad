import { SpikeletError } from '../error.js';
import type { Graph } from '../graph/graph.js';
import { load, type Model } from '../index.js';
import { fires } from './activity.js';
import { batched, convolutional } from './convolutional/over-tile.js';
import { defaultSceneMemory, type SceneOptions } from './options.js';
import type { PatchNetwork } from './patch-network.js';
import type { SampleSource } from './region.js';
import { type Candidate, candidate, chooseTiles, openFirst } from './tiles.js';

/** How a scene was classified. */
export type SceneWork =
  | { readonly approach: 'convolutional'; readonly tile: readonly [rows: number, columns: number] }
  | {
      readonly approach: 'patches';
      /** Patches a run. */
      readonly batch: number;
      /** Why not tile by tile, unless patches were asked for. */
      readonly reason?: string;
    };

/** All that classifying a scene needs. */
export interface Prepared {
  readonly network: PatchNetwork;
  readonly source: SampleSource;
  readonly labels: readonly number[];
  readonly options: SceneOptions;
}

/** A network that computes a tile in one run, or some pixels one after the other. */
export interface Engine {
  readonly work: SceneWork;
  readonly chosen: Candidate;
  readonly model: Model;
}

const isRefusal = (error: unknown): error is SpikeletError =>
  error instanceof SpikeletError && error.code === 'unsupported';

function opener({ options }: Prepared): (graph: Graph) => Promise<Model> {
  const { memoryLimit = defaultSceneMemory, engine = {}, signal } = options;
  return (graph) => load(graph, { ...engine, memoryLimit, signal });
}

async function openTiles(prepared: Prepared): Promise<Engine> {
  const { network, source, options } = prepared;
  const { memoryLimit = defaultSceneMemory } = options;
  const candidates = chooseTiles(source.cube, memoryLimit, (tile) => convolutional(network, tile));
  const { chosen, opened } = await openFirst(candidates, opener(prepared));
  const { rows, columns } = chosen.tile;
  return { work: { approach: 'convolutional', tile: [rows, columns] }, chosen, model: opened };
}

/** Patches a run, the most first; spikes are counted of whole runs, so that none may be left over. */
const batches = (graph: Graph): readonly number[] => (fires(graph) ? [1] : [64, 32, 16, 8, 4, 2, 1]);

function overPatches({ network }: Prepared, patches: number): Graph {
  try {
    return batched(network, patches);
  } catch (error) {
    if (patches > 1 || !isRefusal(error)) throw error;
    return network.graph;
  }
}

async function openPatches(prepared: Prepared, reason?: string): Promise<Engine> {
  const { height, width } = prepared.source.cube;
  const candidates = batches(prepared.network.graph).flatMap((columns) => {
    try {
      const graph = overPatches(prepared, columns);
      return [candidate(graph, { rows: 1, columns }, Math.ceil((height * width) / columns))];
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return [];
    }
  });
  const { chosen, opened } = await openFirst(candidates, opener(prepared));
  const work = {
    approach: 'patches',
    batch: chosen.tile.columns,
    ...(reason !== undefined && { reason }),
  } as const;
  return { work, chosen, model: opened };
}

/** Opens the network in the form that was asked for, or in the best that it allows. */
export async function open(prepared: Prepared): Promise<Engine> {
  switch (prepared.options.approach ?? 'auto') {
    case 'convolutional':
      return openTiles(prepared);
    case 'patches':
      return openPatches(prepared);
    case 'auto':
      try {
        return await openTiles(prepared);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        return openPatches(prepared, error.message);
      }
  }
}
