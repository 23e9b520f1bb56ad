import { SpikeletError } from '../../../src/error.js';
import type { Graph } from '../../../src/graph/graph.js';
import type { Node } from '../../../src/graph/ops/table.js';
import { validateGraph } from '../../../src/graph/validate.js';
import { integerResidualNetwork, residualNetwork } from '../networks.js';

export const float = residualNetwork();
export const integer = integerResidualNetwork();

/** Why a graph is invalid, or `valid`. */
export function failure(graph: Graph): string {
  try {
    validateGraph(graph);
  } catch (error) {
    if (error instanceof SpikeletError && error.code === 'invalid-model') return error.message;
    throw error;
  }
  return 'valid';
}

/** The float network with one node changed. */
export const withNode = (name: string, change: object, graph = float): Graph => ({
  ...graph,
  nodes: graph.nodes.map((node) => (node.name === name ? ({ ...node, ...change } as Node) : node)),
});
