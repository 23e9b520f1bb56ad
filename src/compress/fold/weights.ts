import type { Graph } from '../../graph/graph.js';
import type { ConvNode } from '../../graph/ops/conv.js';
import type { LinearNode } from '../../graph/ops/linear.js';
import type { Node } from '../../graph/ops/table.js';
import type { Constant, TensorType } from '../../graph/tensor.js';
import { inferTypes } from '../../graph/types.js';
import { consumersOf, freshNames, isOutput, replaceNodes } from '../edits.js';
import { affineOf, batchNormAffine, type ChannelAffine } from './affine.js';

type WeightedNode = ConvNode | LinearNode;
type Types = ReadonlyMap<string, TensorType>;

/** A layer with float weights that are constants. */
function weightsOf(graph: Graph, node: Node): readonly [Constant, Constant | undefined] | undefined {
  if (node.op !== 'conv' && node.op !== 'linear') return undefined;
  const [, weightName = '', biasName = ''] = node.inputs;
  const weight = graph.constants.get(weightName);
  const bias = graph.constants.get(biasName);
  if (weight?.dtype !== 'f32' || (biasName !== '' && bias?.dtype !== 'f32')) return undefined;
  return [weight, bias];
}

/** Weight and bias of a layer with each output channel scaled and shifted; sums in doubles. */
function scaled(
  weight: Constant,
  bias: Constant | undefined,
  affine: ChannelAffine,
): readonly [weight: Constant, bias: Constant] {
  const channels = weight.shape[0] ?? 0;
  const perChannel = weight.data.length / channels;
  const data = Float32Array.from(weight.data, (w, i) => w * (affine.scale[Math.floor(i / perChannel)] ?? 0));
  const shifted = Float32Array.from(
    affine.shift,
    (shift, c) => (bias?.data[c] ?? 0) * (affine.scale[c] ?? 0) + shift,
  );
  return [
    { ...weight, data },
    { dtype: 'f32', shape: [channels], data: shifted },
  ];
}

/** The node after a layer, if it alone reads the layer's output and scales and shifts its channels. */
function affineAfter(
  graph: Graph,
  layer: WeightedNode,
  types: Types,
  consumers: ReadonlyMap<string, readonly Node[]>,
): readonly [Node, ChannelAffine] | undefined {
  const [name = ''] = layer.outputs;
  const type = types.get(name);
  const [after, ...others] = consumers.get(name) ?? [];
  if (!type || !after || others.length > 0 || isOutput(graph, name)) return undefined;
  const axis = layer.op === 'conv' ? 1 : type.shape.length - 1;
  const affine = affineOf(graph, after, { name, type, axis });
  return affine && [after, affine];
}

/** Names for a layer's new weight and bias: those that it has, unless other nodes read them too. */
function ownNames(
  layer: WeightedNode,
  consumers: ReadonlyMap<string, readonly Node[]>,
  fresh: (base: string) => string,
): readonly [weight: string, bias: string] {
  const own = (name: string, kind: string): string =>
    name !== '' && consumers.get(name)?.length === 1 ? name : fresh(`${layer.name}.${kind}`);
  const [, weight = '', bias = ''] = layer.inputs;
  return [own(weight, 'weight'), own(bias, 'bias')];
}

/**
 * Takes batch normalizations, and additions and multiplications by a constant for each channel, into the weights and
 * bias of the convolution or linear layer before them.
 */
export function foldIntoWeights(graph: Graph): Graph {
  const types = inferTypes(graph);
  const consumers = consumersOf(graph);
  const fresh = freshNames(graph);
  for (const layer of graph.nodes) {
    const weights = weightsOf(graph, layer);
    if (!weights || (layer.op !== 'conv' && layer.op !== 'linear')) continue;
    const found = affineAfter(graph, layer, types, consumers);
    if (!found) continue;
    const [after, affine] = found;
    const [weight, bias] = scaled(...weights, affine);
    const names = ownNames(layer, consumers, fresh);
    const folded: Node = { ...layer, inputs: [layer.inputs[0] ?? '', ...names], outputs: after.outputs };
    const replacements = new Map<Node, readonly Node[]>([
      [layer, []],
      [after, [folded]],
    ]);
    const constants = new Map([
      [names[0], weight],
      [names[1], bias],
    ]);
    return foldIntoWeights(replaceNodes(graph, replacements, constants));
  }
  return graph;
}

/** A batch normalization of images or volumes that no layer can take in, as a convolution of each channel with one weight. */
export function namedAsConvolution(graph: Graph): Graph {
  const types = inferTypes(graph);
  const fresh = freshNames(graph);
  const replacements = new Map<Node, readonly Node[]>();
  const constants = new Map<string, Constant>();
  for (const node of graph.nodes) {
    const axes = (types.get(node.inputs[0] ?? '')?.shape.length ?? 0) - 2;
    if (node.op !== 'batchNorm' || (axes !== 2 && axes !== 3)) continue;
    const affine = batchNormAffine(node, graph);
    if (!affine) continue;
    const channels = affine.scale.length;
    const ones = new Array<number>(axes).fill(1);
    const weight = fresh(`${node.name}.weight`);
    const bias = fresh(`${node.name}.bias`);
    constants.set(weight, {
      dtype: 'f32',
      shape: [channels, 1, ...ones],
      data: Float32Array.from(affine.scale),
    });
    constants.set(bias, { dtype: 'f32', shape: [channels], data: Float32Array.from(affine.shift) });
    const pads = new Array<number>(2 * axes).fill(0);
    const attributes = { strides: ones, pads, dilations: ones, groups: channels };
    const inputs = [node.inputs[0] ?? '', weight, bias];
    replacements.set(node, [{ op: 'conv', name: node.name, inputs, outputs: node.outputs, attributes }]);
  }
  return replaceNodes(graph, replacements, constants);
}
