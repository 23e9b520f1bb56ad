import type { Graph } from '../../graph/graph.js';
import { subgraph } from '../edits.js';

/** Drops nodes and constants that no output depends on. */
export function dropUnused(graph: Graph): Graph {
  const needed = subgraph(
    graph,
    graph.outputs.map((output) => output.name),
  );
  const same = needed.nodes.length === graph.nodes.length && needed.constants.size === graph.constants.size;
  return same ? graph : needed;
}
