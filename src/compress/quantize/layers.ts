import type { Graph } from '../../graph/graph.js';
import type { Constant, WeightBits } from '../../graph/tensor.js';
import { isWeighted } from './forms.js';
import type { QuantizeOptions, Rounding } from './options.js';
import type { WeightedNode } from './patches.js';
import { activations, type Scheme } from './scheme.js';

/** A layer whose weights are to become integers. */
export interface Layer {
  readonly node: WeightedNode;
  /** The float value that it reads. */
  readonly input: string;
  readonly weight: Constant;
  readonly bias: Constant | undefined;
  readonly bits: WeightBits;
  readonly rounding: Rounding;
  /** Layers on the longest way from an input to this one. */
  readonly level: number;
}

/** Depth in layers of every value. */
function levels(graph: Graph, isLayer: (name: string) => boolean): ReadonlyMap<string, number> {
  const depth = new Map<string, number>();
  for (const node of graph.nodes) {
    const before = Math.max(0, ...node.inputs.map((name) => depth.get(name) ?? 0));
    for (const name of node.outputs) depth.set(name, before + (isLayer(node.name) ? 1 : 0));
  }
  return depth;
}

/** Names of the layers that some other layer depends on. */
function followed(graph: Graph, isLayer: (name: string) => boolean): ReadonlySet<string> {
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

/** The layers of a graph in order, with the bits and the rounding that the options ask for. */
export function layersOf(graph: Graph, scheme: Scheme, options: QuantizeOptions): readonly Layer[] {
  const nodes = graph.nodes.filter(
    (node): node is WeightedNode => scheme.integer.has(node) && isWeighted(graph, node),
  );
  const names = new Set(nodes.map((node) => node.name));
  const depth = levels(graph, (name) => names.has(name));
  const hasFollower = followed(graph, (name) => names.has(name));
  const { weightBits = 8, edgeBits = 8 } = options;
  return nodes.flatMap((node) => {
    const [, weightName = '', biasName = ''] = node.inputs;
    const weight = graph.constants.get(weightName);
    if (!weight) return [];
    const level = depth.get(node.outputs[0] ?? '') ?? 1;
    const isEdge = level === 1 || !hasFollower.has(node.name);
    const usual: WeightBits = isEdge && edgeBits > weightBits ? edgeBits : weightBits;
    const own = options.layerBits;
    const bits = own && Object.hasOwn(own, node.name) ? (own[node.name] ?? usual) : usual;
    const rounding = options.rounding ?? (bits === 8 ? 'nearest' : 'compensated');
    const bias = graph.constants.get(biasName);
    return [{ node, input: activations(node)[0] ?? '', weight, bias, bits, rounding, level }];
  });
}
