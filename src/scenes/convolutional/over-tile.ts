import { subgraph } from '../../compress/edits.js';
import { SpikeletError } from '../../error.js';
import type { Graph } from '../../graph/graph.js';
import { isUnary, type Node } from '../../graph/ops/table.js';
import { validateGraph } from '../../graph/validate.js';
import type { PatchNetwork } from '../patch-network.js';
import { alikeOverTile, binaryOverTile, channelsOverTile, neuronsOverTile } from './elementwise.js';
import { extentOf, isPoint, isSpatial, type SceneValue, type Tile } from './form.js';
import {
  alongOverTile,
  concatOverTile,
  padOverTile,
  reshapeOverTile,
  sliceOverTile,
  transposeOverTile,
} from './movement.js';
import { overPixels } from './pixels.js';
import { Rewriting } from './rewriting.js';
import { convOverTile, globalPoolOverTile, linearOverTile, poolOverTile, type Refusal } from './windows.js';

function overTile(rewriting: Rewriting, node: Node): Refusal {
  switch (node.op) {
    case 'conv':
      return convOverTile(rewriting, node);
    case 'maxPool':
    case 'averagePool':
    case 'sumPool':
      return poolOverTile(rewriting, node);
    case 'globalAveragePool':
      return globalPoolOverTile(rewriting, node);
    case 'linear':
      return linearOverTile(rewriting, node);
    case 'batchNorm':
      return channelsOverTile(rewriting, node);
    case 'lif':
    case 'integrate':
    case 'delay':
    case 'threshold':
      return neuronsOverTile(rewriting, node);
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'divide':
    case 'minimum':
    case 'maximum':
    case 'power':
      return binaryOverTile(rewriting, node);
    case 'reshape':
      return reshapeOverTile(rewriting, node);
    case 'transpose':
      return transposeOverTile(rewriting, node);
    case 'slice':
      return sliceOverTile(rewriting, node);
    case 'concat':
      return concatOverTile(rewriting, node);
    case 'pad':
      return padOverTile(rewriting, node);
    case 'softmax':
    case 'logSoftmax':
    case 'reduceMax':
    case 'reduceMean':
    case 'reduceMin':
    case 'reduceSum':
      return alongOverTile(rewriting, node);
    case 'quantize':
    case 'dequantize':
      return alikeOverTile(rewriting, node);
    default:
      return isUnary(node)
        ? alikeOverTile(rewriting, node)
        : 'is no operation that is known to slide over a scene';
  }
}

function add(rewriting: Rewriting, node: Node): void {
  const values = node.inputs.map((name) => rewriting.find(name)).filter((value) => value !== undefined);
  const reason = values.some(isSpatial)
    ? overTile(rewriting, node)
    : 'treats the patches of a batch not alike';
  if (reason !== undefined) overPixels(rewriting, node, reason);
}

/** Scores of the pixels as [pixels, classes]. */
function scores(rewriting: Rewriting, value: SceneValue, classes: number): string {
  const { pixels } = rewriting;
  if (!isSpatial(value)) {
    if (value.type.shape.length === 2) return value.name;
    const shape = [pixels, classes];
    return rewriting.emit('reshape', `${value.name}.rows`, [value.name], { attributes: { shape } });
  }
  if (!isPoint(value)) {
    throw new SpikeletError(
      'unsupported',
      `has ${extentOf(value).join('x')} positions a patch, expected one`,
      { where: `output '${value.name}'` },
    );
  }
  const attributes = { shape: [classes, pixels] };
  const columns = rewriting.emit('reshape', `${value.name}.columns`, [value.name], { attributes });
  return rewriting.emit('transpose', `${value.name}.rows`, [columns], {
    attributes: { permutation: [1, 0] },
  });
}

function finish(network: PatchNetwork, rewriting: Rewriting, shape: readonly number[]): Graph {
  const { graph, input, output, classes } = network;
  const value = rewriting.find(output);
  if (!value) throw new SpikeletError('invalid-input', 'does not depend on the patch', { where: output });
  const name = scores(rewriting, value, classes);
  const meaning = graph.outputs.find((port) => port.name === output)?.meaning;
  const whole: Graph = {
    ...graph,
    inputs: [{ name: input, type: { dtype: 'f32', shape } }],
    outputs: [{ name, ...(meaning && { meaning }) }],
    nodes: rewriting.nodes,
    constants: rewriting.constants,
  };
  const result = subgraph(whole, [name]);
  validateGraph(result);
  return result;
}

const inputTypeOf = ({ graph }: PatchNetwork) => graph.inputs[0]?.type ?? { dtype: 'f32', shape: [] };

/**
 * The fully convolutional network that gives what a patch network gives for every pixel of a tile, without computing
 * anything twice that neighbouring patches share.
 *
 * Its input is the tile with a border of half a patch, [1, bands, rows + size - 1, columns + size - 1] or
 * [1, 1, bands, ...]; its output [rows * columns, classes]. Strides become dilations, a fully connected layer over a
 * flattened map becomes a convolution. Integer layers, and neurons over them, give the same bits. f32 layers give the
 * same sums, added up in the same order but for fully connected layers over maps of more than one position, means over
 * whole maps, 3x3 convolutions by Winograd's algorithm, and the last pixels of a layer, which kernels add up otherwise:
 * there they differ by rounding.
 *
 * Throws `unsupported` that names the node for what depends on where the border of a patch lies, such as padding.
 */
export function convolutional(network: PatchNetwork, tile: Tile): Graph {
  const { graph, input } = network;
  const rewriting = new Rewriting(graph, tile);
  const type = inputTypeOf(network);
  const form = { kind: 'map', dilation: [1, 1] } as const;
  rewriting.define(input, { name: input, type, form });
  for (const node of graph.nodes) add(rewriting, node);
  return finish(network, rewriting, rewriting.sceneShape(type.shape, form.dilation));
}

/**
 * A patch network over several patches at once: input [patches, ...], output [patches, classes].
 *
 * Throws `unsupported` that names the node where a node does not treat the entries of the first axis alike, as those
 * do for which it is time.
 */
export function batched(network: PatchNetwork, patches: number): Graph {
  const { graph, input } = network;
  const rewriting = new Rewriting(graph, { rows: 1, columns: patches });
  const type = inputTypeOf(network);
  rewriting.define(input, { name: input, type, form: { kind: 'pixels' } });
  for (const node of graph.nodes) add(rewriting, node);
  return finish(network, rewriting, [patches, ...type.shape.slice(1)]);
}
