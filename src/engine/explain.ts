import { memoryMap } from '../compile/memory-map.js';
import type { DotProduct, MemoryBlock, Plan, Region } from '../compile/plan.js';
import type { Kernels } from './kernels/choose.js';
import type { ThreadChoice } from './kernels/thread-support.js';
import type { Execution } from './spikes.js';

export interface LayerExplanation {
  readonly name: string;
  readonly op: string;
  /** Names of nodes that run inside this one. */
  readonly fused: readonly string[];
  /** Kernels in the order of their calls. */
  readonly kernels: readonly string[];
  readonly outputShape: readonly number[];
  /** Multiply-accumulates of a run. */
  readonly macs: number;
  /** Neurons of a spiking layer. */
  readonly neurons?: number;
  /** Spikes of a spiking layer in the last run, over all its steps. */
  readonly spikes?: number;
  /** How the last run computed a layer over spikes, where that depends on their number. */
  readonly execution?: Execution;
  /** Bits of a weight, 32 for f32, 0 without weights. */
  readonly weightBits: number;
  /** Bytes of packed weights, biases and tables in linear memory. */
  readonly constantBytes: number;
}

export interface MemoryExplanation {
  /** Size of the linear memory. */
  readonly bytes: number;
  /** Bytes by region, those of blocks that share an address counted once. */
  readonly regions: Readonly<Record<Region, number>>;
  /** Every block with its address and the steps during which it is in use. */
  readonly blocks: readonly MemoryBlock[];
}

/** How a model runs here. */
export interface Explanation {
  readonly model: string;
  readonly variant: 'simd' | 'relaxed';
  /** What integer products are computed with. */
  readonly dot: DotProduct;
  readonly threads: ThreadChoice;
  /** Faster kernels that were not taken, and why. */
  readonly rejected: readonly string[];
  readonly memory: MemoryExplanation;
  readonly layers: readonly LayerExplanation[];
}

export function explainPlan(
  plan: Plan,
  { target, threads, rejected }: Kernels,
  memoryBytes: number,
): Explanation {
  return {
    model: plan.name,
    variant: target.variant,
    dot: target.dot,
    threads,
    rejected,
    memory: { bytes: memoryBytes, regions: regionBytes(plan.blocks), blocks: plan.blocks },
    layers: explainLayers(plan),
  };
}

function explainLayers({ layers, steps }: Plan): readonly LayerExplanation[] {
  const kernels = layers.map((): string[] => []);
  for (const { layer, kernel } of steps) kernels[layer]?.push(kernel);
  return layers.map((layer, i) => ({ ...layer, kernels: kernels[i] ?? [] }));
}

/**
 * The layout of a model's memory as text, one line a block, by address.
 *
 * @example
 * import { load, memoryLayout } from 'spikelet';
 *
 * const model = await load(modelFile);
 * console.log(memoryLayout(model.explain()));
 * model.close();
 */
export function memoryLayout({ memory }: Explanation): string {
  return memoryMap({ blocks: memory.blocks, memoryBytes: memory.bytes });
}

function regionBytes(blocks: readonly MemoryBlock[]): Record<Region, number> {
  const bytes: Record<Region, number> = {
    control: 0,
    parameters: 0,
    constants: 0,
    state: 0,
    arena: 0,
    scratch: 0,
  };
  let end = 0;
  const isBeforeRuns = ({ lifetime: [, last] }: MemoryBlock): number => (last < 0 ? 1 : 0);
  const order = (a: MemoryBlock, b: MemoryBlock) =>
    isBeforeRuns(a) - isBeforeRuns(b) || a.address - b.address;
  for (const block of [...blocks].sort(order)) {
    const last = block.address + block.bytes;
    bytes[block.region] += Math.max(0, last - Math.max(end, block.address));
    end = Math.max(end, last);
  }
  return bytes;
}
