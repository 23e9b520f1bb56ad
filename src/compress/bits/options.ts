import type { Executor } from '../../graph/executor.js';
import type { WeightBits } from '../../graph/tensor.js';

/** Milliseconds that a layer takes with weights of some width, by layer name and width. */
export type TimeTable = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Bytes that float weights take once rounded to a width; default: those of the width for every weight. */
export type StoredBytes = (weights: ArrayLike<number>, bits: WeightBits) => number;

/** What the weights of all layers together may cost. */
export type Budget =
  /** Mean width of a weight, zeros included. */
  | { readonly kind: 'bits'; readonly perWeight: number }
  /** Bytes of weights and scales in the file. */
  | { readonly kind: 'bytes'; readonly bytes: number; readonly storedBytes?: StoredBytes | undefined }
  /** Milliseconds of the layers. */
  | { readonly kind: 'time'; readonly ms: number; readonly times: TimeTable };

export interface AllocateOptions {
  readonly budget: Budget;
  /** Widths to choose from. Default: 2, 4 and 8. */
  readonly widths?: readonly WeightBits[] | undefined;
  /** Least bits of the layers that read the input or make the output. Default: 8. */
  readonly edgeBits?: WeightBits | undefined;
  /** Names of layers that get the same width, list by list. */
  readonly ties?: readonly (readonly string[])[] | undefined;
  /** What runs the graphs. Default: the reference interpreter, which is slow. */
  readonly executor?: Executor | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Runs of samples that are done, and of all that there will be (0 while their number is unknown). */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

/** What was decided about a layer and from what. */
export interface LayerAllocation {
  readonly name: string;
  readonly weights: number;
  readonly bits: WeightBits;
  /** In the unit of the budget. */
  readonly cost: number;
  /**
   * Squared error of the network's outputs when only this layer is rounded, as a share of their power, by width: only
   * the widths that it could have.
   */
  readonly errors: Readonly<Record<number, number>>;
}

export interface Allocation {
  /** Bits by layer name, as `quantize` takes them. */
  readonly layerBits: Readonly<Record<string, WeightBits>>;
  readonly layers: readonly LayerAllocation[];
  /** Of all layers, in the unit of the budget. */
  readonly cost: number;
  readonly budget: number;
}
