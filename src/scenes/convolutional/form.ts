import type { TensorType } from '../../graph/tensor.js';

export type Pair = readonly [rows: number, columns: number];

/** The part of a scene that is classified at once, in pixels. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
}

/**
 * How a value of the patch network is found in the network over a tile.
 *
 * - `map`: the last two axes are space. Position i of the patch around pixel p is position `p + i * dilation` of the
 *   tile's value, which therefore has `tile + (extent - 1) * dilation` of them.
 * - `flat`: the patch network has flattened the map of shape `map`; over the tile it is still that map.
 * - `pixels`: the patches of all pixels one after the other along the first axis.
 */
export type Form =
  | { readonly kind: 'map'; readonly dilation: Pair }
  | { readonly kind: 'flat'; readonly dilation: Pair; readonly map: readonly number[] }
  | { readonly kind: 'pixels' };

/** A value of the patch network in the network over a tile. */
export interface SceneValue {
  /** In the network over the tile. */
  readonly name: string;
  /** In the patch network. */
  readonly type: TensorType;
  readonly form: Form;
}

export type SpatialForm = Exclude<Form, { readonly kind: 'pixels' }>;

/** A value whose positions in space are still apart. */
export type SpatialValue = SceneValue & { readonly form: SpatialForm };

export const isSpatial = (value: SceneValue): value is SpatialValue => value.form.kind !== 'pixels';

/** Shape of a value as a map of one patch. */
export const mapShape = ({ type, form }: SpatialValue): readonly number[] =>
  form.kind === 'flat' ? form.map : type.shape;

/** Rows and columns of a value as a map of one patch. */
export function extentOf(value: SpatialValue): Pair {
  const [rows = 1, columns = 1] = mapShape(value).slice(-2);
  return [rows, columns];
}

/** Whether there is one position a patch, so that nothing is shared between pixels any more. */
export const isPoint = (value: SpatialValue): boolean => extentOf(value).every((size) => size === 1);

/** Rows and columns of a value over a tile. */
export function sceneExtent({ rows, columns }: Tile, [height, width]: Pair, dilation: Pair): Pair {
  return [rows + (height - 1) * dilation[0], columns + (width - 1) * dilation[1]];
}
