import type { Graph } from '../../graph/graph.js';
import type { Node } from '../../graph/ops/table.js';
import { elementCount, type TensorType } from '../../graph/tensor.js';
import { inferTypes, nodeCost } from '../../graph/types.js';

/** Nodes that stay together: one that multiplies, and what follows it until the next one that does. */
export interface Layer {
  /** Of its first node. */
  readonly name: string;
  /** Its first node, counted from 0 in the order of the graph. */
  readonly begin: number;
  /** The node after its last one. */
  readonly end: number;
  /** Multiply-accumulates. */
  readonly macs: number;
  /** Elements that its nodes write. */
  readonly elements: number;
  /** Values that are there before the cut after this layer and are needed behind it, in the order of the graph. */
  readonly crossing: readonly string[];
}

/** Nodes after which, each before the next layer. */
function beginnings(nodes: readonly Node[], macs: readonly number[]): readonly number[] {
  const begins = nodes.flatMap((_, i) => (i > 0 && (macs[i] ?? 0) > 0 ? [i] : []));
  const first = macs.findIndex((count) => count > 0);
  // What comes before the first multiplication belongs to it.
  return [0, ...begins.filter((begin) => begin > first)];
}

/** The last node that reads each value; graph outputs are read after all nodes. */
function lastReaders(graph: Graph): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  graph.nodes.forEach((node, i) => {
    for (const name of node.inputs) last.set(name, i);
  });
  for (const { name } of graph.outputs) last.set(name, graph.nodes.length);
  return last;
}

/** The layers of a model in order: a pipeline can be cut between any two of them. */
export function layersOf(
  graph: Graph,
  types: ReadonlyMap<string, TensorType> = inferTypes(graph),
): readonly Layer[] {
  const { nodes, constants } = graph;
  const macs = nodes.map((node) => nodeCost(graph, types, node).macs);
  const begins = beginnings(nodes, macs);
  const last = lastReaders(graph);
  const known: string[] = graph.inputs.map(({ name }) => name);
  return begins.map((begin, i) => {
    const end = begins[i + 1] ?? nodes.length;
    let elements = 0;
    for (const node of nodes.slice(begin, end)) {
      for (const name of node.outputs) {
        known.push(name);
        elements += elementCount(types.get(name)?.shape ?? []);
      }
    }
    return {
      name: nodes[begin]?.name ?? graph.name,
      ...{ begin, end, elements },
      macs: macs.slice(begin, end).reduce((sum, count) => sum + count, 0),
      crossing: known.filter((name) => !constants.has(name) && (last.get(name) ?? -1) >= end),
    };
  });
}
