import { constantType, type Graph } from './graph.js';
import { type AnyNode, type Cost, type InputType, type Operation, rejectNode } from './operation.js';
import { type Node, operations } from './ops/table.js';
import type { TensorType } from './tensor.js';

/**
 * The definition of a node's operation. The table ties every operation to its own node type, which the type
 * checker cannot follow through an index: this is the one place that says so.
 */
export const operationOf = (node: Node): Operation<AnyNode> => operations[node.op] as Operation<AnyNode>;

/** Types of a node's inputs, constants with their values, as its shape rule sees them. */
export function inputTypes(
  graph: Graph,
  types: ReadonlyMap<string, TensorType>,
  node: Node,
): readonly (InputType | undefined)[] {
  return node.inputs.map((name) => {
    if (name === '') return undefined;
    const constant = graph.constants.get(name);
    if (constant) return { ...constantType(constant), constant };
    const type = types.get(name);
    return type ?? rejectNode(node, `input '${name}' is not computed before it is used`);
  });
}

/** Types of all inputs and node outputs by name. Throws `invalid-model` where a node does not fit. */
export function inferTypes(graph: Graph): ReadonlyMap<string, TensorType> {
  const types = new Map<string, TensorType>(graph.inputs.map((input) => [input.name, input.type]));
  for (const node of graph.nodes) {
    const outputs = operationOf(node).infer(node, inputTypes(graph, types, node));
    if (node.outputs.length !== outputs.length) {
      rejectNode(node, `has ${outputs.length} outputs, got ${node.outputs.length} names`);
    }
    node.outputs.forEach((name, i) => {
      const type = outputs[i];
      if (type) types.set(name, type);
    });
  }
  return types;
}

/** Cost of a node, given the types of all values. */
export function nodeCost(graph: Graph, types: ReadonlyMap<string, TensorType>, node: Node): Cost {
  const outputs = node.outputs.flatMap((name) => types.get(name) ?? []);
  return operationOf(node).cost(node, inputTypes(graph, types, node), outputs);
}
