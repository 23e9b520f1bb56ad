import type { GraphInput, GraphOutput } from '../graph/graph.js';
import type { TensorType } from '../graph/tensor.js';
import type { ExtraFamily } from './families.js';
import type { KernelRow } from './kernels/row.js';
import type { Contents } from './pack/contents.js';

/**
 * What the machine computes integer products with: `i16` widens to 16 bits (fixed SIMD), `usdot` and `sdot` are
 * the two exact meanings that relaxed SIMD's dot product can have.
 */
export type DotProduct = 'i16' | 'usdot' | 'sdot';

export interface Target {
  readonly variant: 'simd' | 'relaxed';
  readonly dot: DotProduct;
}

/** One kernel call: `kernel(parameterBlock, 0, units)`. All addresses are bytes in the one linear memory. */
export interface Step {
  /** Layer that the call belongs to: index into {@link Plan.layers}. */
  readonly layer: number;
  readonly kernel: string;
  /** Address of the parameter block. */
  readonly parameterBlock: number;
  /** Contents of the parameter block by field name, as the kernel table lists them. */
  readonly parameters: Readonly<Record<string, number>>;
  /** Independent work units, which threads share out. */
  readonly units: number;
}

/** A layer for people: a node of the graph together with those fused into it. */
export interface Layer {
  readonly name: string;
  readonly op: string;
  /** Names of nodes that run inside this one. */
  readonly fused: readonly string[];
  readonly outputShape: readonly number[];
  readonly macs: number;
  /** Neurons of a spiking layer. */
  readonly neurons?: number;
  /** Bits of a weight, 32 for f32, 0 without weights. */
  readonly weightBits: number;
  /** Bytes of packed weights, biases and tables in linear memory. */
  readonly constantBytes: number;
}

export type Region = 'control' | 'parameters' | 'constants' | 'state' | 'arena' | 'scratch';

export interface MemoryBlock {
  readonly name: string;
  readonly region: Region;
  readonly address: number;
  readonly bytes: number;
  /** First and last step during which the block is in use; -1 is before the first run. */
  readonly lifetime: readonly [first: number, last: number];
}

/** Where a graph input is copied in or an output out, row-major, as its type says. */
export interface Port<T> {
  readonly description: T;
  readonly type: TensorType;
  readonly address: number;
}

/** A constant of linear memory, written before the first run. */
export interface PlacedConstant {
  readonly address: number;
  readonly bytes: number;
  readonly contents: Contents;
}

/**
 * Weights that a kernel packs into constants before the first run. The kernel reads them from linear memory: each
 * time `unitsAtOnce` units, copied to `staging`, where its field `source` points as if all units lay there.
 */
export interface Packing {
  readonly kernel: string;
  readonly parameterBlock: number;
  /** Contents of the parameter block apart from `source`. */
  readonly parameters: Readonly<Record<string, number>>;
  readonly units: number;
  readonly unitsAtOnce: number;
  readonly source: Int8Array;
  /** Bytes of `source` that a unit reads. */
  readonly unitBytes: number;
  readonly staging: number;
}

/** A number of spikes, or of entries in a list, in memory: i32, to be set to 0 before a run. */
export interface SpikeCounter {
  readonly layer: number;
  readonly neurons: number;
  /** For a list of a layer's input: the layer is computed by it unless it has more entries. */
  readonly mostEntries?: number | undefined;
  readonly address: number;
}

/** How a graph runs on a target: plain data. */
export interface Plan {
  readonly name: string;
  readonly target: Target;
  /** The kernels that are called, and their families beside the core. */
  readonly kernels: readonly KernelRow[];
  readonly families: readonly ExtraFamily[];
  readonly steps: readonly Step[];
  readonly layers: readonly Layer[];
  readonly inputs: readonly Port<GraphInput>[];
  readonly outputs: readonly Port<GraphOutput>[];
  /** Bytes of linear memory in all. */
  readonly memoryBytes: number;
  readonly blocks: readonly MemoryBlock[];
  /** Memory that neurons keep from run to run, to be filled with zeros before the first. */
  readonly state: readonly { readonly address: number; readonly bytes: number }[];
  readonly counters: readonly SpikeCounter[];
  /** Weights, biases, tables. */
  readonly constants: readonly PlacedConstant[];
  /** To be done in this order after all `constants` are written, in memory that the first run may overwrite. */
  readonly packings: readonly Packing[];
}

/** Bytes at address 0 that plans leave alone: engines keep the barrier of their threads there. */
export const controlBytes = 1024;
