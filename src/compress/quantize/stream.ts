import type { Graph } from '../../graph/graph.js';
import type { Node } from '../../graph/ops/table.js';

/** Operations whose operands carry what their result does. */
const carriers: ReadonlySet<Node['op']> = new Set(['add', 'concat', 'reshape', 'slice', 'transpose']);

/**
 * Values of a transformer that stay real: what layer normalizations read, back through the sums and moves that it comes
 * from, and the outputs of the graph. Every block adds to them, a few of their features are many times as large as the
 * others, and 256 levels would have to hold them all. Graphs without layer normalization have none.
 */
export function streamValues(graph: Graph): ReadonlySet<string> {
  const stream = new Set<string>();
  for (const { op, inputs } of graph.nodes) if (op === 'layerNorm') stream.add(inputs[0] ?? '');
  if (stream.size === 0) return stream;
  for (const { name } of graph.outputs) stream.add(name);
  for (const node of graph.nodes.toReversed()) {
    if (!carriers.has(node.op) || !node.outputs.some((name) => stream.has(name))) continue;
    for (const name of node.inputs) stream.add(name);
  }
  return stream;
}
