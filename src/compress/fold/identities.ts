import type { Graph } from '../../graph/graph.js';
import type { Node } from '../../graph/ops/table.js';
import { sameShape, type TensorType } from '../../graph/tensor.js';
import { inferTypes } from '../../graph/types.js';
import { isOutput, producersOf, renameInputs } from '../edits.js';

type Types = ReadonlyMap<string, TensorType>;
type Producers = ReadonlyMap<string, Node>;

/** Whether no element of a value is negative, as far as its operation tells. */
function isNonNegative(name: string, producers: Producers): boolean {
  const node = producers.get(name);
  switch (node?.op) {
    case 'relu':
    case 'abs':
    case 'sqrt':
    case 'exp':
    case 'sigmoid':
    case 'hardSigmoid':
    case 'softmax':
      return true;
    case 'clip':
      return (node.attributes.minimum ?? -1) >= 0;
    case 'pad':
      return node.attributes.value >= 0 && isNonNegative(node.inputs[0] ?? '', producers);
    case 'maxPool':
    case 'averagePool':
    case 'globalAveragePool':
    case 'reshape':
    case 'transpose':
    case 'slice':
    case 'resize':
      return isNonNegative(node.inputs[0] ?? '', producers);
    case 'concat':
      return node.inputs.every((input) => isNonNegative(input, producers));
    default:
      return false;
  }
}

/** Whether a node's output is its first input, element by element. */
function isIdentity(node: Node, types: Types, producers: Producers): boolean {
  const [input = ''] = node.inputs;
  const from = types.get(input);
  const to = types.get(node.outputs[0] ?? '');
  if (!from || !to || from.dtype !== to.dtype || !sameShape(from.shape, to.shape)) return false;
  const { quantization: a } = from;
  const { quantization: b } = to;
  if (a?.scale !== b?.scale || a?.zeroPoint !== b?.zeroPoint) return false;
  switch (node.op) {
    case 'reshape':
    case 'requantize':
      return true;
    case 'transpose':
      return node.attributes.permutation.every((axis, i) => axis === i);
    case 'slice':
      return node.attributes.steps.every((step) => step > 0);
    case 'pad':
      return node.attributes.pads.every((count) => count === 0);
    case 'concat':
      return node.inputs.length === 1;
    case 'clip':
      return node.attributes.minimum === null && node.attributes.maximum === null;
    case 'relu':
      return from.dtype === 'f32' && isNonNegative(input, producers);
    default:
      return false;
  }
}

/** Removes nodes that change nothing: reshapes to the same shape, identity transposes, a relu after a relu. */
export function removeIdentities(graph: Graph): Graph {
  const types = inferTypes(graph);
  const producers = producersOf(graph);
  const identity = graph.nodes.find((node) => {
    const [input = ''] = node.inputs;
    if (!isIdentity(node, types, producers)) return false;
    return !isOutput(graph, node.outputs[0] ?? '') || (producers.has(input) && !isOutput(graph, input));
  });
  return identity ? removeIdentities(withoutIdentity(graph, identity)) : graph;
}

/** Reads the input in place of the output, or has the input computed under an output name that must stay. */
function withoutIdentity(graph: Graph, identity: Node): Graph {
  const [input = ''] = identity.inputs;
  const [output = ''] = identity.outputs;
  const rest: Graph = { ...graph, nodes: graph.nodes.filter((node) => node !== identity) };
  if (!isOutput(graph, output)) return renameInputs(rest, new Map([[output, input]]));
  const nodes = rest.nodes.map((node) =>
    node.outputs.includes(input)
      ? { ...node, outputs: node.outputs.map((name) => (name === input ? output : name)) }
      : node,
  );
  return renameInputs({ ...rest, nodes }, new Map([[input, output]]));
}

/** Reads through a reshape or a transpose that another one of its kind follows. */
export function mergeMoves(graph: Graph): Graph {
  const producers = producersOf(graph);
  let changed = false;
  const nodes = graph.nodes.map((node): Node => {
    const before = producers.get(node.inputs[0] ?? '');
    if (node.op === 'reshape' && before?.op === 'reshape') {
      changed = true;
      return { ...node, inputs: before.inputs };
    }
    if (node.op === 'transpose' && before?.op === 'transpose') {
      changed = true;
      const permutation = node.attributes.permutation.map((axis) => before.attributes.permutation[axis] ?? 0);
      return { ...node, inputs: before.inputs, attributes: { permutation } };
    }
    return node;
  });
  return changed ? { ...graph, nodes } : graph;
}
