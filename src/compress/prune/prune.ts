import { SpikeletError } from '../../error.js';
import type { Graph, Provenance } from '../../graph/graph.js';
import type { Constant } from '../../graph/tensor.js';
import { fold } from '../fold/fold.js';
import { followedLayers, layerDepths } from '../layer-order.js';
import { isWeighted } from '../quantize/forms.js';
import type { WeightedNode } from '../quantize/patches.js';
import { hasRemovableChannels, removeChannels } from './channels.js';
import { checkPruneOptions, type PruneOptions } from './options.js';
import { greatestUnits, keptUnits } from './select.js';
import { meanSquares, type Units, unitsOf } from './units.js';

const defaultEdgeDensity = 0.5;

/** A layer with weights of its own that can be taken away. */
interface Prunable {
  readonly node: WeightedNode;
  readonly weight: Constant;
  readonly units: Units;
  readonly magnitudes: Float64Array;
  readonly isEdge: boolean;
}

/**
 * Magnitude pruning after training: sets the weights that are smallest to zero. Works on float graphs, before
 * quantization, which keeps zeros. The graph is folded first, so that magnitudes are those of the weights that run.
 * The share is of the weights of all convolutions and linear layers; the first and last ones keep at least half.
 *
 * `channel` takes whole channels with their biases out of the graph: the share is of those that convolutions alone
 * read, not of outputs or of sums with a shortcut.
 *
 * Throws `invalid-option`, and `unsupported` if the graph has no layers that can be pruned so.
 *
 * @example
 * const sparse = await quantize(prune(graph, { sparsity: 0.9, pattern: 'grouped' }), images);
 */
export function prune(graph: Graph, options: PruneOptions): Graph {
  checkPruneOptions(options);
  const { sparsity, pattern = 'irregular', scope = 'global', edgeDensity = defaultEdgeDensity } = options;
  const real = fold(graph);
  const layers = prunableLayers(real, options);
  if (layers.length === 0) {
    const what = pattern === 'channel' ? 'channels that convolutions alone read' : 'float layers';
    throw new SpikeletError('unsupported', `nothing in it can be pruned: it has no ${what}`, {
      where: `graph '${graph.name}'`,
    });
  }
  const candidates = layers.map(({ magnitudes, weight, isEdge }) => ({
    magnitudes,
    weights: weight.data.length,
    leastDensity: isEdge ? edgeDensity : 0,
  }));
  const kept = keptUnits(candidates, 1 - sparsity, scope);
  const constants = new Map(real.constants);
  layers.forEach((layer, i) => {
    const mask = greatestUnits(layer.magnitudes, kept[i] ?? 0);
    for (const [name, constant] of prunedConstants(real, layer, mask, pattern === 'channel')) {
      constants.set(name, constant);
    }
  });
  const pruned = { ...real, constants };
  const result = pattern === 'channel' ? removeChannels(pruned) : pruned;
  return { ...result, provenance: provenanceOf(graph, options) };
}

function prunableLayers(graph: Graph, { pattern = 'irregular' }: PruneOptions): readonly Prunable[] {
  const nodes = graph.nodes.filter((node): node is WeightedNode => isWeighted(graph, node));
  const names = new Set(nodes.map((node) => node.name));
  const isLayer = (name: string): boolean => names.has(name);
  const depths = layerDepths(graph, isLayer);
  const followed = followedLayers(graph, isLayer);
  const seen = new Set<string>();
  return nodes.flatMap((node) => {
    const [, name = ''] = node.inputs;
    const weight = graph.constants.get(name);
    const isLast = !followed.has(node.name);
    if (!weight || seen.has(name)) return [];
    if (pattern === 'channel' && !hasRemovableChannels(graph, node)) return [];
    seen.add(name);
    const units = unitsOf(weight.shape, pattern);
    const isEdge = isLast || depths.get(node.outputs[0] ?? '') === 1;
    return [{ node, weight, units, magnitudes: meanSquares(weight.data, units), isEdge }];
  });
}

function prunedConstants(
  graph: Graph,
  { node, weight, units }: Prunable,
  mask: Uint8Array,
  withBias: boolean,
): ReadonlyMap<string, Constant> {
  const [, weightName = '', biasName = ''] = node.inputs;
  const data = Float32Array.from(weight.data, (w, i) => (mask[units.of(i)] === 1 ? w : 0));
  const constants = new Map<string, Constant>([[weightName, { ...weight, data }]]);
  const bias = graph.constants.get(biasName);
  if (bias && withBias) {
    const left = Float32Array.from(bias.data, (b, channel) => (mask[channel] === 1 ? b : 0));
    constants.set(biasName, { ...bias, data: left });
  }
  return constants;
}

/** The dense model's accuracy is no longer this one's. */
function provenanceOf({ provenance = {} }: Graph, options: PruneOptions): Provenance {
  const { sparsity, pattern = 'irregular', scope = 'global' } = options;
  const { accuracy, ...rest } = provenance;
  const share = `${Number((100 * sparsity).toFixed(3))} %`;
  const what = pattern === 'channel' ? 'channels between convolutions' : 'weights';
  return {
    ...rest,
    ...(accuracy !== undefined && { denseAccuracy: accuracy }),
    pruning: `${share} of the ${what} by magnitude, ${pattern} pattern, ${scope} scope`,
  };
}
