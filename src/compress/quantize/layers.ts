import type { Graph } from '../../graph/graph.js';
import type { Constant, WeightBits } from '../../graph/tensor.js';
import { followedLayers, layerDepths } from '../layer-order.js';
import { activations, isWeighted } from './forms.js';
import type { QuantizeOptions, Rounding } from './options.js';
import type { WeightedNode } from './patches.js';
import type { Scheme } from './scheme.js';

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

/** The layers of a graph in order, with the bits and the rounding that the options ask for. */
export function layersOf(graph: Graph, scheme: Scheme, options: QuantizeOptions): readonly Layer[] {
  const nodes = graph.nodes.filter(
    (node): node is WeightedNode => scheme.integer.has(node) && isWeighted(graph, node),
  );
  const names = new Set(nodes.map((node) => node.name));
  const depth = layerDepths(graph, (name) => names.has(name));
  const hasFollower = followedLayers(graph, (name) => names.has(name));
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
