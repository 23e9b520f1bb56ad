import type { Graph } from '../graph/graph.js';
import type { Node } from '../graph/ops/table.js';
import type { Constant } from '../graph/tensor.js';

/** The node that computes each value. */
export const producersOf = (graph: Graph): ReadonlyMap<string, Node> =>
  new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));

/** The nodes that read each value, once for each time they do. */
export function consumersOf(graph: Graph): ReadonlyMap<string, readonly Node[]> {
  const consumers = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const name of node.inputs) {
      const known = consumers.get(name);
      if (known) known.push(node);
      else consumers.set(name, [node]);
    }
  }
  return consumers;
}

export const isOutput = (graph: Graph, name: string): boolean =>
  graph.outputs.some((output) => output.name === name);

/** Gives out names like `base` that no value, constant or input of the graph has yet. */
export function freshNames(graph: Graph): (base: string) => string {
  const taken = new Set([
    ...graph.inputs.map((input) => input.name),
    ...graph.constants.keys(),
    ...graph.nodes.flatMap((node) => [...node.outputs, node.name]),
  ]);
  return (base) => {
    let name = base;
    for (let i = 2; taken.has(name); i++) name = `${base}.${i}`;
    taken.add(name);
    return name;
  };
}

/** The graph with some nodes replaced, each by any number of others, and constants added. */
export function replaceNodes(
  graph: Graph,
  replacements: ReadonlyMap<Node, readonly Node[]>,
  constants: ReadonlyMap<string, Constant> = new Map(),
): Graph {
  if (replacements.size === 0) return graph;
  return {
    ...graph,
    nodes: graph.nodes.flatMap((node) => replacements.get(node) ?? [node]),
    constants: new Map([...graph.constants, ...constants]),
  };
}

/** The graph with values read under other names. */
export function renameInputs(graph: Graph, names: ReadonlyMap<string, string>): Graph {
  const resolve = (name: string): string => {
    const target = names.get(name);
    return target === undefined ? name : resolve(target);
  };
  const nodes = graph.nodes.map((node) =>
    node.inputs.some((name) => names.has(name)) ? { ...node, inputs: node.inputs.map(resolve) } : node,
  );
  return { ...graph, nodes };
}

/** The part of a graph that the named values depend on, with those values as its outputs. */
export function subgraph(graph: Graph, names: readonly string[]): Graph {
  const needed = new Set(names);
  const nodes: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    nodes.push(node);
    for (const name of node.inputs) needed.add(name);
  }
  return {
    ...graph,
    outputs: names.map((name) => graph.outputs.find((output) => output.name === name) ?? { name }),
    nodes: nodes.reverse(),
    constants: new Map([...graph.constants].filter(([name]) => needed.has(name))),
  };
}
