import { SpikeletError } from '../error.js';
import type { Graph } from '../graph/graph.js';
import { byteSize, elementCount, type TensorType } from '../graph/tensor.js';
import { inferTypes, nodeCost } from '../graph/types.js';
import type { Tile } from './convolutional/form.js';
import type { Region } from './region.js';

/** A graph over a tile, or over a number of patches, and what a run of it takes. */
export interface Candidate {
  readonly graph: Graph;
  readonly tile: Tile;
  /** Runs for the whole scene. */
  readonly runs: number;
  /** What the whole scene takes, in multiply-accumulates; values that are moved count as some. */
  readonly work: number;
  /** Memory that a run needs, about. */
  readonly bytes: number;
}

/** Multiply-accumulates in the time that one element is written and read again, a sample copied, a run begun. */
const [macsPerElement, macsPerSample, macsPerRun] = [16, 128, 5e6];

const bytesOf = (type: TensorType | undefined): number =>
  type ? elementCount(type.shape) * byteSize[type.dtype] : 0;

/** Bytes of values that are alive at once, with a copy of what the busiest node reads. */
function peakBytes(graph: Graph, types: ReadonlyMap<string, TensorType>): number {
  const lastUse = new Map<string, number>();
  graph.nodes.forEach((node, i) => {
    for (const name of node.inputs) lastUse.set(name, i);
  });
  const alive = new Map<string, number>(graph.inputs.map(({ name, type }) => [name, bytesOf(type)]));
  let total = [...alive.values()].reduce((sum, bytes) => sum + bytes, 0);
  let peak = total;
  graph.nodes.forEach((node, i) => {
    for (const name of node.outputs) {
      const bytes = bytesOf(types.get(name));
      alive.set(name, bytes);
      total += bytes;
    }
    peak = Math.max(peak, total + bytesOf(types.get(node.inputs[0] ?? '')));
    for (const name of new Set(node.inputs)) {
      if (lastUse.get(name) !== i) continue;
      total -= alive.get(name) ?? 0;
      alive.delete(name);
    }
  });
  return peak;
}

export function candidate(graph: Graph, tile: Tile, runs: number): Candidate {
  const types = inferTypes(graph);
  const weights = [...graph.constants.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  let macs = 0;
  let elements = 0;
  for (const node of graph.nodes) {
    macs += nodeCost(graph, types, node).macs;
    for (const name of node.outputs) elements += elementCount(types.get(name)?.shape ?? []);
  }
  const samples = elementCount(graph.inputs[0]?.type.shape ?? []);
  const work = runs * (macs + macsPerElement * elements + macsPerSample * samples + macsPerRun);
  return { graph, tile, runs, work, bytes: weights + peakBytes(graph, types) };
}

const sides = [4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024];

/** Scene sizes divided into equal parts of about `side`. */
function tileOf({ height, width }: { height: number; width: number }, side: number): Tile {
  const part = (size: number): number => Math.ceil(size / Math.ceil(size / side));
  return { rows: part(height), columns: part(width) };
}

/** A tile may cost so many times the work of the best: smaller ones stay in caches and are done sooner. */
const tolerance = 1.05;

/**
 * Tiles for a scene within a memory limit, the one to take first and then smaller ones: the smallest of those that
 * cost hardly more than the best.
 */
export function chooseTiles(
  scene: { readonly height: number; readonly width: number },
  memoryLimit: number,
  overTile: (tile: Tile) => Graph,
): readonly Candidate[] {
  const fitting: Candidate[] = [];
  for (const side of sides) {
    const tile = tileOf(scene, side);
    const before = fitting.at(-1)?.tile;
    if (before?.rows === tile.rows && before.columns === tile.columns) continue;
    const runs = Math.ceil(scene.height / tile.rows) * Math.ceil(scene.width / tile.columns);
    const next = candidate(overTile(tile), tile, runs);
    if (next.bytes > memoryLimit && fitting.length > 0) break;
    fitting.push(next);
  }
  const least = Math.min(...fitting.map(({ work }) => work));
  const chosen = fitting.findIndex(({ work }) => work <= tolerance * least);
  return fitting.slice(0, chosen + 1).reverse();
}

/** The first candidate that can be opened within the memory limit. */
export async function openFirst<T>(
  candidates: readonly Candidate[],
  open: (graph: Graph) => Promise<T>,
): Promise<{ readonly chosen: Candidate; readonly opened: T }> {
  let failure: unknown = new SpikeletError('internal', 'there is no tile to choose');
  for (const chosen of candidates) {
    try {
      return { chosen, opened: await open(chosen.graph) };
    } catch (error) {
      if (!(error instanceof SpikeletError) || error.code !== 'out-of-memory') throw error;
      failure = error;
    }
  }
  throw failure;
}

/** Where tiles lie: side by side, the last ones moved back into the scene. */
export function tileRegions(
  { height, width }: { readonly height: number; readonly width: number },
  { rows, columns }: Tile,
): readonly Region[] {
  const starts = (size: number, part: number): readonly number[] =>
    Array.from({ length: Math.ceil(size / part) }, (_, i) => Math.min(i * part, size - part));
  return starts(height, rows).flatMap((row) =>
    starts(width, columns).map((column) => ({ row, column, rows, columns })),
  );
}
