import type { Node } from './ops/table.js';
import type { Constant, TensorType } from './tensor.js';

/** What the numbers of an image input are: `(pixel / 255 - mean[c]) / std[c]`, channels in the order named. */
export interface ImageMeaning {
  readonly kind: 'image';
  readonly channels: 'rgb' | 'bgr' | 'gray';
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** An output that scores classes, with their names in order. */
export interface ClassesMeaning {
  readonly kind: 'classes';
  readonly labels: readonly string[];
}

export type Meaning = ImageMeaning | ClassesMeaning;

export interface GraphInput {
  readonly name: string;
  readonly type: TensorType;
  readonly meaning?: Meaning;
}

export interface GraphOutput {
  /** Name of an input, of a constant or of a node's output. */
  readonly name: string;
  readonly meaning?: Meaning;
}

/** Where a model comes from. Free-form but for the fields named here; shown by `spikelet inspect`. */
export interface Provenance {
  readonly method?: string;
  readonly data?: string;
  readonly accuracy?: string;
  readonly command?: string;
  readonly tool?: string;
  readonly [field: string]: string | undefined;
}

/**
 * What a model means: plain data. Nodes are in topological order; every node input names a graph input, a
 * constant or an earlier node's output. Types of all values follow from the inputs by the operations' shape
 * rules ({@link inferTypes}).
 */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly GraphOutput[];
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Constant>;
  readonly provenance?: Provenance;
}

/** The type of a constant as seen by the operation that consumes it. */
export function constantType(constant: Constant): TensorType {
  return { dtype: constant.dtype, shape: constant.shape };
}
