import type { Graph } from '../../graph/graph.js';
import { descriptions } from '../../graph/ops/descriptions.js';
import type { Node } from '../../graph/ops/table.js';
import { elementCount, type TensorType } from '../../graph/tensor.js';
import { inferTypes } from '../../graph/types.js';
import type { WeightedNode } from './patches.js';
import { streamValues } from './stream.js';

/** Products that an int32 accumulator can add up with certainty: 255 times 128 each, half the range for the bias. */
const mostProducts = 2 ** 15;

/** Functions whose results spread too far for 256 levels. */
const keptReal: ReadonlySet<Node['op']> = new Set(['exp', 'log', 'sqrt', 'requantize']);

/** Whether a node is a convolution or linear layer whose weight and bias are f32 constants. */
export function isWeighted(graph: Graph, node: Node): node is WeightedNode {
  if (node.op !== 'conv' && node.op !== 'linear') return false;
  const [input = '', weight = '', bias = ''] = node.inputs;
  return (
    !graph.constants.has(input) &&
    graph.constants.get(weight)?.dtype === 'f32' &&
    (bias === '' || graph.constants.get(bias)?.dtype === 'f32')
  );
}

function hasIntegerForm(graph: Graph, node: Node): boolean {
  if (node.op === 'conv' || node.op === 'linear') {
    const weight = graph.constants.get(node.inputs[1] ?? '');
    return isWeighted(graph, node) && elementCount(weight?.shape.slice(1) ?? []) < mostProducts;
  }
  if (keptReal.has(node.op) || (node.op === 'resize' && node.attributes.mode === 'linear')) return false;
  if (node.op === 'pad' && node.attributes.value !== 0) return false;
  const { integer } = descriptions[node.op];
  return integer === 'computes' || integer === 'table' || integer === 'moves';
}

const isReal = (type: TensorType | undefined): boolean => type?.dtype === 'f32';

/** Inputs of a node that are activations: not weights, and not the mask of attention, which stays real. */
export function activations(node: Node): readonly string[] {
  if (node.op === 'attention') return node.inputs.slice(0, 3);
  return node.op === 'conv' || node.op === 'linear' ? node.inputs.slice(0, 1) : node.inputs;
}

/**
 * The nodes that are to compute with integers: layers with weights wherever they are, others if all that they read is
 * integer already or comes from outside. What a transformer adds up stays real: layers with weights that add to it turn
 * their integer sums into real numbers.
 */
export function integerNodes(graph: Graph): ReadonlySet<Node> {
  const types = inferTypes(graph);
  const stream = streamValues(graph);
  const ready = new Set(graph.inputs.map((input) => input.name));
  const chosen = new Set<Node>();
  for (const node of graph.nodes) {
    const reads = activations(node);
    const joinsStream = node.outputs.some((name) => stream.has(name));
    const isFed = isWeighted(graph, node) || reads.every((name) => ready.has(name));
    const allReal = [...reads, ...node.outputs].every((name) => isReal(types.get(name)));
    if (!isFed || !allReal || !hasIntegerForm(graph, node)) continue;
    if (joinsStream && !isWeighted(graph, node)) continue;
    chosen.add(node);
    if (joinsStream) continue;
    for (const name of node.outputs) ready.add(name);
  }
  return chosen;
}
