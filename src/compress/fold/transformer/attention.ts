import type { Graph } from '../../../graph/graph.js';
import type { Node, NodeFor } from '../../../graph/ops/table.js';
import { elementCount } from '../../../graph/tensor.js';
import { inferTypes } from '../../../graph/types.js';
import { consumersOf, freshNames, isOutput, producersOf, replaceNodes } from '../../edits.js';
import { type HeadSizes, type Heads, headsOf } from './heads.js';
import { Projections } from './projections.js';
import { scaledBy, type Values, viewOf } from './views.js';

/** Most elements of a matrix of queries, keys or values of all heads. */
const mostElements = 2 ** 24;

interface Scores {
  readonly product: NodeFor<'matmul'>;
  readonly factor: number;
  readonly mask?: string;
}

/** The product of matrices behind constant factors. */
function productBehind(values: Values, name: string): Scores | undefined {
  const node = values.producers.get(name);
  if (node?.op === 'matmul') return { product: node, factor: 1 };
  const scaled = scaledBy(values, node);
  const behind = scaled && productBehind(values, scaled.value);
  return scaled && behind ? { ...behind, factor: behind.factor * scaled.factor } : undefined;
}

/** The scores that a softmax reads: a product, factors, and a mask that is added last. */
function scoresOf(values: Values, name: string): Scores | undefined {
  const node = values.producers.get(name);
  if (node?.op !== 'add') return productBehind(values, name);
  const [a = '', b = ''] = node.inputs;
  const left = productBehind(values, a);
  const scores = left ?? productBehind(values, b);
  return scores && { ...scores, mask: left ? b : a };
}

/** Whether a mask repeats over whole dimensions of [batch, heads, queries, keys] only. */
function fitsMask(values: Values, mask: string, scores: readonly number[]): boolean {
  const shape = values.types.get(mask)?.shape ?? values.graph.constants.get(mask)?.shape ?? [];
  if (shape.length > scores.length || shape.at(-1) !== scores.at(-1)) return false;
  if (shape.length > 2 && scores.length < 4 && shape.slice(0, -2).some((size) => size !== 1)) return false;
  return shape.every((size, i) => size === 1 || size === scores[i + scores.length - shape.length]);
}

interface Found {
  readonly q: Heads;
  readonly k: Heads;
  readonly v: Heads;
  readonly sizes: HeadSizes;
  readonly scale: number;
  readonly mask: string | undefined;
}

/** Batch and heads from the dimensions before a matrix. */
function groupsOf(leading: readonly number[]): { batch: number; heads: number } | undefined {
  if (leading.length > 2) return undefined;
  const [batch = 1, heads = 1] = leading.length === 2 ? leading : [1, leading[0]];
  return { batch, heads };
}

/** What the product of a softmax with values attends to. */
function attended(values: Values, softmax: NodeFor<'softmax'>, after: Node): Found | undefined {
  const { types } = values;
  const scores = scoresOf(values, softmax.inputs[0] ?? '');
  const shapeOf = (name = ''): readonly number[] => types.get(name)?.shape ?? [];
  const shape = shapeOf(softmax.inputs[0]);
  const names = [scores?.product.inputs[0], scores?.product.inputs[1], after.inputs[1]];
  const [a = [], b = [], c = []] = names.map(shapeOf);
  const groups = groupsOf(a.slice(0, -2));
  const alike = [b, c].every((other) => other.slice(0, -2).join() === a.slice(0, -2).join());
  if (!scores || !groups || !alike || softmax.attributes.axis !== shape.length - 1) return undefined;
  if ([a, b, c].some((matrix) => elementCount(matrix) > mostElements)) return undefined;
  if (scores.mask !== undefined && !fitsMask(values, scores.mask, shape)) return undefined;
  const [rows = 1, depth = 1] = a.slice(-2);
  const [keys = 1, valueDepth = 1] = c.slice(-2);
  const [left, right, last] = names.map((name) => viewOf(values, name ?? ''));
  if (!left || !right || last?.factor !== 1) return undefined;
  const q = headsOf(values, left, { ...groups, rows, columns: depth }, false);
  const k = headsOf(values, right, { ...groups, rows: keys, columns: depth }, true);
  const v = headsOf(values, last, { ...groups, rows: keys, columns: valueDepth }, false);
  const scale = scores.factor * left.factor * right.factor;
  const sizes = { ...groups, rows, columns: valueDepth };
  return q && k && v ? { q, k, v, sizes, scale, mask: scores.mask } : undefined;
}

/**
 * Puts one node in place of attention that is written out as products, softmax and moves of heads. Queries, keys and
 * values that one layer computes side by side come from a layer each.
 */
export function nameAttention(graph: Graph): Graph {
  const values: Values = { graph, types: inferTypes(graph), producers: producersOf(graph) };
  const consumers = consumersOf(graph);
  const fresh = freshNames(graph);
  const projections = new Projections(values, fresh);
  const replacements = new Map<Node, readonly Node[]>();
  for (const softmax of graph.nodes) {
    if (softmax.op !== 'softmax' || isOutput(graph, softmax.outputs[0] ?? '')) continue;
    const [after, ...others] = consumers.get(softmax.outputs[0] ?? '') ?? [];
    if (after?.op !== 'matmul' || others.length > 0 || after.inputs[0] !== softmax.outputs[0]) continue;
    const found = attended(values, softmax, after);
    if (!found) continue;
    const inputs = [found.q, found.k, found.v].map((heads) => projections.get(heads));
    replacements.set(after, [...projections.take(), ...attentionNodes(found, inputs, after, values, fresh)]);
  }
  return replaceNodes(graph, replacements, projections.constants);
}

/** Attention, and its result with heads outside again, under the name that it had. */
function attentionNodes(
  { sizes, scale, mask }: Found,
  inputs: readonly string[],
  after: Node,
  { types }: Values,
  fresh: (base: string) => string,
): readonly Node[] {
  const [output = ''] = after.outputs;
  const { batch, heads, rows, columns } = sizes;
  const isFlat = types.get(output)?.shape.length === 3;
  const [joined, split] = [fresh(`${output}.attention`), fresh(`${output}.split`)];
  return [
    {
      ...{ op: 'attention', name: fresh(`${after.name}.attention`), outputs: [joined] },
      inputs: mask === undefined ? inputs : [...inputs, mask],
      attributes: { heads, scale },
    },
    {
      ...{ op: 'reshape', name: fresh(`${after.name}.split`), inputs: [joined], outputs: [split] },
      attributes: { shape: isFlat ? [rows, heads, columns] : [batch, rows, heads, columns] },
    },
    {
      ...{ op: 'transpose', name: after.name, inputs: [split], outputs: [output] },
      attributes: { permutation: isFlat ? [1, 0, 2] : [0, 2, 1, 3] },
    },
  ];
}
