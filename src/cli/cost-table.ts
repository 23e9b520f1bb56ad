import type { TimeTable } from '../compress/index.js';
import { SpikeletError } from '../error.js';
import { readWhole } from './files.js';

/** Times of layers by name and width, and of all that has no weights, in milliseconds. */
export interface CostTable {
  readonly times: TimeTable;
  readonly otherMs: number;
}

interface ProfiledLayer {
  readonly name: string;
  readonly weightBits: number;
  readonly medianMs: number;
}

/**
 * Reads what `spikelet profile --json` printed for the same network with weights of different widths: each file gives
 * the time of each layer at the width that it has there. What has no weights counts as in the first file.
 */
export function readCostTable(paths: readonly string[]): CostTable {
  const times = new Map<string, Map<number, number>>();
  let otherMs: number | undefined;
  for (const path of paths) {
    const layers = profiledLayers(path);
    for (const { name, weightBits, medianMs } of layers) {
      if (weightBits === 0) continue;
      const row = times.get(name) ?? new Map<number, number>();
      times.set(name, row.set(weightBits, medianMs));
    }
    otherMs ??= layers.reduce((sum, { weightBits, medianMs }) => sum + (weightBits === 0 ? medianMs : 0), 0);
  }
  return { times, otherMs: otherMs ?? 0 };
}

function profiledLayers(path: string): readonly ProfiledLayer[] {
  const reject = (): never => {
    const message = 'is not what spikelet profile --json prints: an object with a list of layers';
    throw new SpikeletError('invalid-input', message, { where: path });
  };
  const layers = (parsed(path, reject) as { readonly layers?: unknown } | null)?.layers;
  if (!Array.isArray(layers)) return reject();
  return layers.map((layer: unknown) => (isProfiledLayer(layer) ? layer : reject()));
}

function parsed(path: string, reject: () => never): unknown {
  const text = new TextDecoder().decode(readWhole(path));
  try {
    return JSON.parse(text);
  } catch {
    return reject();
  }
}

function isProfiledLayer(layer: unknown): layer is ProfiledLayer {
  if (typeof layer !== 'object' || layer === null) return false;
  const { name, weightBits, medianMs }: Partial<ProfiledLayer> = layer;
  const isTime = typeof medianMs === 'number' && medianMs >= 0 && medianMs < Number.POSITIVE_INFINITY;
  return typeof name === 'string' && typeof weightBits === 'number' && isTime;
}
