import type { Draft, Operand } from '../draft.js';
import type { NirNode } from '../file.js';
import type { NumberArray } from '../hdf5.js';
import type { LinearMap } from '../linear-map.js';
import type { Settings } from '../options.js';

/** What an output channel of a weighted node is multiplied by and what is added, for the neurons that follow it. */
export interface Folded {
  readonly gain: Float64Array;
  readonly offset: Float64Array;
}

/** What a node is converted with. */
export interface Context {
  readonly draft: Draft;
  readonly settings: Settings;
  /** Of a layer in a loop: what its spikes add to its current at the next step. */
  readonly recurrent: LinearMap | undefined;
  /** Of a weighted node whose only target is a layer of neurons. */
  readonly fold: ((channels: number) => Folded | undefined) | undefined;
  /** Whether the drive of this layer is already in the weights before it. */
  readonly isDriven: boolean;
}

/** How nodes of one NIR type are imported. */
export interface Primitive {
  /** What it means, for the documentation. */
  readonly meaning: string;
  /** Operations that it becomes. */
  readonly becomes: string;
  /** What of it is not supported. */
  readonly limits?: string;
  convert(node: NirNode, input: Operand, context: Context): Operand;
}

/** Shape of a value in one step. */
export const stepShape = ({ type }: Operand): readonly number[] => type.shape.slice(1);

/** Data as f32 with the gain of each output channel in it. */
export function scaledRows({ shape, data }: NumberArray, gain: Float64Array | undefined): Float32Array {
  const perRow = data.length / (shape[0] ?? 1);
  return Float32Array.from(data, (value, i) => value * (gain?.[Math.floor(i / perRow)] ?? 1));
}

/** A bias with gain and offset in it, or undefined where it is all 0. */
export function foldedBias(
  bias: Float64Array | undefined,
  rows: number,
  folded: Folded | undefined,
): Float32Array | undefined {
  const result = Float32Array.from({ length: rows }, (_, i) => {
    const own = bias?.[i] ?? 0;
    return folded ? own * (folded.gain[i] ?? 1) + (folded.offset[i] ?? 0) : own;
  });
  return result.every((value) => value === 0) ? undefined : result;
}
