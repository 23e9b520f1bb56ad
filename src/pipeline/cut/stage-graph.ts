import type { Graph, GraphInput, GraphOutput } from '../../graph/graph.js';
import type { TensorType } from '../../graph/tensor.js';
import { inferTypes } from '../../graph/types.js';
import type { Layer } from './layers.js';

/**
 * The graph of a stage: layers `begin` to `end` (exclusive) with their own constants alone. Its inputs are the values
 * that cross the cut before it, its outputs those that cross the cut behind it, passed on where it does not compute
 * them. The first stage has the inputs of the model, the last one its outputs.
 */
export function stageGraph(
  graph: Graph,
  layers: readonly Layer[],
  begin: number,
  end: number,
  types: ReadonlyMap<string, TensorType> = inferTypes(graph),
): Graph {
  const nodes = graph.nodes.slice(layers[begin]?.begin, layers[end - 1]?.end);
  const outputs: readonly GraphOutput[] =
    end === layers.length ? graph.outputs : (layers[end - 1]?.crossing ?? []).map((name) => ({ name }));
  const wanted = new Set([...nodes.flatMap(({ inputs }) => inputs), ...outputs.map(({ name }) => name)]);
  return {
    name: `${graph.name}, layers ${begin + 1} to ${end}`,
    inputs:
      begin === 0
        ? graph.inputs
        : (layers[begin - 1]?.crossing ?? []).map((name) => portOf(graph, types, name)),
    outputs,
    nodes,
    constants: new Map([...graph.constants].filter(([name]) => wanted.has(name))),
  };
}

function portOf(graph: Graph, types: ReadonlyMap<string, TensorType>, name: string): GraphInput {
  const type = types.get(name);
  if (!type) throw new Error(`value '${name}' of '${graph.name}' has no type`);
  return { name, type };
}
