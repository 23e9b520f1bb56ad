import type { Graph } from '../../graph/graph.js';
import { foldConstants } from './constants.js';
import { mergeMoves, removeIdentities } from './identities.js';
import { nameSpatialMeans } from './means.js';
import { mergePads } from './pads.js';
import { nameAttention } from './transformer/attention.js';
import { nameFunctions } from './transformer/functions.js';
import { nameLayerNorms } from './transformer/layer-norm.js';
import { dropUnused } from './unused.js';
import { foldIntoWeights, namedAsConvolution } from './weights.js';

const passes: readonly ((graph: Graph) => Graph)[] = [
  foldConstants,
  nameSpatialMeans,
  nameFunctions,
  nameLayerNorms,
  mergeMoves,
  removeIdentities,
  mergePads,
  foldIntoWeights,
  nameAttention,
  dropUnused,
];

/** Rounds of passes: each round but the last made the graph smaller, so a few are always enough. */
const mostRounds = 16;

/**
 * A graph that computes the same with less: batch normalizations and constant factors go into the weights before
 * them, what depends on constants alone is computed, layer
 * normalizations, GELU and attention that are written out become one operation each, zero padding joins its convolution, nodes that change nothing
 * and values that nobody reads disappear. Folded weights are computed in doubles and rounded once. The given graph
 * is left as it is; names of inputs and outputs, their meanings and the provenance stay.
 *
 * Throws `invalid-model` if the graph's types do not fit.
 *
 * @example
 * const graph = fold(fromOnnx(bytes));
 */
export function fold(graph: Graph): Graph {
  const folded = repeat(graph);
  const converted = namedAsConvolution(folded);
  return converted === folded ? folded : repeat(converted);
}

function repeat(graph: Graph): Graph {
  let current = graph;
  for (let round = 0; round < mostRounds; round++) {
    const before = current;
    for (const pass of passes) current = pass(current);
    if (current === before) break;
  }
  return current;
}
