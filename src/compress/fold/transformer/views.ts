import type { Graph } from '../../../graph/graph.js';
import type { ReferenceInput } from '../../../graph/operation.js';
import { sliceReference } from '../../../graph/ops/slice.js';
import type { Node } from '../../../graph/ops/table.js';
import { transposeReference } from '../../../graph/ops/transpose.js';
import { elementCount, type TensorType } from '../../../graph/tensor.js';

/** A value as elements of another one, all multiplied by a number. */
export interface View {
  readonly source: string;
  readonly shape: readonly number[];
  /** Flat index into the source of each element. */
  readonly indices: Int32Array;
  readonly factor: number;
}

/** What is known of the values of a graph. */
export interface Values {
  readonly graph: Graph;
  readonly types: ReadonlyMap<string, TensorType>;
  readonly producers: ReadonlyMap<string, Node>;
}

/** The value that a node multiplies by a constant number, and that number. */
export function scaledBy(
  { graph }: Values,
  node: Node | undefined,
): { value: string; factor: number } | undefined {
  if (node?.op !== 'multiply' && node?.op !== 'divide') return undefined;
  const [a = '', b = ''] = node.inputs;
  const scalar = (name: string): number | undefined => {
    const constant = graph.constants.get(name);
    return constant?.dtype === 'f32' && constant.data.length === 1 ? constant.data[0] : undefined;
  };
  const right = scalar(b);
  if (right !== undefined) return { value: a, factor: node.op === 'divide' ? 1 / right : right };
  const left = scalar(a);
  return node.op === 'multiply' && left !== undefined ? { value: b, factor: left } : undefined;
}

const output = (shape: readonly number[]): readonly TensorType[] => [{ dtype: 'f32', shape }];

/** Follows reshapes, transposes, slices and factors back to the value whose elements they move. */
export function viewOf(values: Values, name: string): View {
  const shape = values.types.get(name)?.shape ?? [];
  const node = values.producers.get(name);
  const scaled = scaledBy(values, node);
  if (scaled) {
    const view = viewOf(values, scaled.value);
    // A factor may have more dimensions than what it multiplies.
    return { ...view, shape, factor: view.factor * scaled.factor };
  }
  if (node?.op !== 'reshape' && node?.op !== 'transpose' && node?.op !== 'slice') {
    const indices = Int32Array.from({ length: elementCount(shape) }, (_, i) => i);
    return { source: name, shape, indices, factor: 1 };
  }
  const view = viewOf(values, node.inputs[0] ?? '');
  if (node.op === 'reshape') return { ...view, shape };
  const type: TensorType = { dtype: 'i32', shape: view.shape };
  const input: ReferenceInput = { dtype: 'i32', shape: view.shape, data: view.indices, type };
  const [moved] =
    node.op === 'transpose'
      ? transposeReference(node, [input], output(shape))
      : sliceReference(node, [input], output(shape));
  return { ...view, shape, indices: Int32Array.from(moved?.data ?? []) };
}
