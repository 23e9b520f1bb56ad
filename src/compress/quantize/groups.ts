import type { Graph } from '../../graph/graph.js';
import type { Node } from '../../graph/ops/table.js';
import type { Quantization } from '../../graph/tensor.js';
import { consumersOf, producersOf } from '../edits.js';
import { activations } from './forms.js';
import { quantizationOf, type Range, symmetricQuantization, unionOf } from './range.js';
import { choosesQuantization, clipBounds, madeValue, type Scheme } from './scheme.js';

/** Values that share one quantization because bytes move between them unchanged. */
interface Group {
  range: Range;
  /** Where relus and clips that vanished would have clipped: the range must not reach beyond. */
  bounds: Range;
  readonly members: Set<string>;
}

/** An input of a concatenation with a range narrower than this share of the whole keeps its own quantization. */
const narrowShare = 0.5;

const unbounded: Range = { least: Number.NEGATIVE_INFINITY, greatest: Number.POSITIVE_INFINITY };

const intersection = (a: Range, b: Range): Range => ({
  least: Math.max(a.least, b.least),
  greatest: Math.min(a.greatest, b.greatest),
});

/** Bounds of the clips that vanished into the node that makes a value. */
function boundsByValue(graph: Graph, scheme: Scheme): ReadonlyMap<string, Range> {
  const producers = producersOf(graph);
  const bounds = new Map<string, Range>();
  for (const [from, to] of scheme.absorbed) {
    const clip = clipBounds(producers.get(to)) ?? unbounded;
    const made = madeValue(scheme, from);
    bounds.set(made, intersection(bounds.get(made) ?? unbounded, clip));
  }
  return bounds;
}

const contains = (outer: Range, inner: Range): boolean =>
  inner.least >= outer.least && inner.greatest <= outer.greatest;

const span = (range: Range): number => range.greatest - range.least;

/**
 * The quantization of every value that will exist as u8. Values between which bytes only move share one. The inputs
 * of a concatenation share that of its output where that costs them little; others have to be requantized on the way.
 *
 * @param ranges Calibrated range of each value.
 */
export function quantizations(
  graph: Graph,
  scheme: Scheme,
  ranges: ReadonlyMap<string, Range>,
): ReadonlyMap<string, Quantization> {
  const bounds = boundsByValue(graph, scheme);
  const consumers = consumersOf(graph);
  const groups = new Map<string, Group>();
  for (const [name, range] of ranges) {
    groups.set(name, { range, bounds: bounds.get(name) ?? unbounded, members: new Set([name]) });
  }
  const groupOf = (name: string): Group | undefined => groups.get(madeValue(scheme, name));
  for (const node of graph.nodes) {
    const output = groupOf(node.outputs[0] ?? '');
    if (!scheme.integer.has(node) || choosesQuantization(node) || !output) continue;
    const inputs = activations(node).flatMap((name) => groupOf(name) ?? []);
    if (node.op === 'concat') {
      const isOnlyReader = (name: string): boolean => consumers.get(name)?.length === 1;
      const free = node.inputs.map((name) => isOnlyReader(name) && groupOf(name)?.members.size === 1);
      joinConcatenation(groups, output, inputs, free);
    } else if (inputs[0]) {
      merge(groups, inputs[0], output, inputs[0].range);
    }
  }
  const symmetric = new Set(symmetricValues(scheme).map((name) => groupOf(name)));
  return new Map(
    [...groups].map(([name, group]) => [
      name,
      symmetric.has(group) ? symmetricQuantization(group.range) : quantizationOf(group.range),
    ]),
  );
}

/** Keys and values of attention, whose integers are weights of its products. */
const symmetricValues = ({ integer }: Scheme): readonly string[] =>
  [...integer].flatMap((node) => (node.op === 'attention' ? node.inputs.slice(1, 3) : []));

function joinConcatenation(
  groups: Map<string, Group>,
  output: Group,
  inputs: readonly Group[],
  free: readonly boolean[],
): void {
  const whole = inputs.map((group) => group.range).reduce(unionOf);
  output.range = whole;
  inputs.forEach((group, i) => {
    const cheap = free[i] === true || span(group.range) >= narrowShare * span(whole);
    if (cheap && contains(group.bounds, whole)) merge(groups, output, group, whole);
  });
}

/** Puts the members of one group into another, which gets the given range. */
function merge(groups: Map<string, Group>, into: Group, from: Group, range: Range): void {
  into.range = range;
  if (into === from) return;
  into.bounds = intersection(into.bounds, from.bounds);
  for (const name of from.members) {
    into.members.add(name);
    groups.set(name, into);
  }
}

/** Values that bytes move from to an output of the graph, outputs themselves included. */
export function outputValues(graph: Graph, scheme: Scheme): ReadonlySet<string> {
  const reached = new Set(graph.outputs.map((output) => output.name));
  const moves = (node: Node): boolean => scheme.integer.has(node) && !choosesQuantization(node);
  for (const node of graph.nodes.toReversed()) {
    if (moves(node) && node.outputs.some((name) => reached.has(name))) {
      for (const name of node.inputs) reached.add(name);
    }
  }
  return reached;
}
