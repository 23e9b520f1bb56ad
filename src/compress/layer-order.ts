import type { Graph } from '../graph/graph.js';

type IsLayer = (nodeName: string) => boolean;

/** Depth in layers of every value. */
export function layerDepths(graph: Graph, isLayer: IsLayer): ReadonlyMap<string, number> {
  const depth = new Map<string, number>();
  for (const node of graph.nodes) {
    const before = Math.max(0, ...node.inputs.map((name) => depth.get(name) ?? 0));
    for (const name of node.outputs) depth.set(name, before + (isLayer(node.name) ? 1 : 0));
  }
  return depth;
}

/** Names of the layers that some other layer depends on. */
export function followedLayers(graph: Graph, isLayer: IsLayer): ReadonlySet<string> {
  const sources = new Map<string, ReadonlySet<string>>();
  const result = new Set<string>();
  for (const node of graph.nodes) {
    const reached = new Set(node.inputs.flatMap((name) => [...(sources.get(name) ?? [])]));
    if (isLayer(node.name)) for (const name of reached) result.add(name);
    const next = isLayer(node.name) ? new Set([node.name]) : reached;
    for (const name of node.outputs) sources.set(name, next);
  }
  return result;
}
