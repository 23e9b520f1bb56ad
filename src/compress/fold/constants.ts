import { constantType, type Graph } from '../../graph/graph.js';
import type { AnyNode, Reference, ReferenceInput } from '../../graph/operation.js';
import { references } from '../../graph/ops/references.js';
import type { Node } from '../../graph/ops/table.js';
import { type Constant, elementCount, type TensorType } from '../../graph/tensor.js';
import { inferTypes } from '../../graph/types.js';

/** Largest result that is stored instead of computed, in elements. */
const largestResult = 2 ** 26;

const isStorable = (type: TensorType | undefined): type is TensorType =>
  type !== undefined && type.dtype === 'f32' && elementCount(type.shape) <= largestResult;

const inputOf = (constant: Constant): ReferenceInput => ({
  ...constant,
  type: constantType(constant),
  constant,
});

/** The table ties every reference to its own node type, which the type checker cannot follow through an index. */
const referenceOf = (node: Node): Reference<AnyNode> => references[node.op] as Reference<AnyNode>;

/** Computes the f32 values that depend on constants alone and stores them in place of their nodes. */
export function foldConstants(graph: Graph): Graph {
  const types = inferTypes(graph);
  const constants = new Map<string, Constant>(graph.constants);
  const nodes = graph.nodes.filter((node) => {
    const inputs = node.inputs.map((name) => constants.get(name));
    const outputs = node.outputs.map((name) => types.get(name)).filter(isStorable);
    const foldable =
      outputs.length === node.outputs.length &&
      node.inputs.every((name, i) => name === '' || inputs[i] !== undefined);
    if (!foldable) return true;
    const values = referenceOf(node)(
      node,
      inputs.map((constant) => constant && inputOf(constant)),
      outputs,
    );
    values.forEach((value, i) => {
      constants.set(node.outputs[i] ?? '', value);
    });
    return false;
  });
  return nodes.length === graph.nodes.length ? graph : { ...graph, nodes, constants };
}
