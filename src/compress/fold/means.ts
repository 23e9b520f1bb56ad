import type { Graph } from '../../graph/graph.js';
import type { ReduceMeanNode } from '../../graph/ops/reduceMean.js';
import type { Node } from '../../graph/ops/table.js';
import type { TensorType } from '../../graph/tensor.js';
import { inferTypes } from '../../graph/types.js';
import { freshNames, replaceNodes } from '../edits.js';

/** Whether a node is the mean over height and width of NCHW. */
function isSpatialMean(node: Node, types: ReadonlyMap<string, TensorType>): node is ReduceMeanNode {
  if (node.op !== 'reduceMean' || types.get(node.inputs[0] ?? '')?.shape.length !== 4) return false;
  const axes = node.attributes.axes.toSorted((a, b) => a - b);
  return axes.length === 2 && axes[0] === 2 && axes[1] === 3;
}

/** Turns means over height and width into global average pooling, which has an integer form. */
export function nameSpatialMeans(graph: Graph): Graph {
  const types = inferTypes(graph);
  const fresh = freshNames(graph);
  const replacements = new Map<Node, readonly Node[]>();
  for (const node of graph.nodes) {
    if (!isSpatialMean(node, types)) continue;
    const pool = { op: 'globalAveragePool', name: node.name, inputs: node.inputs, attributes: {} } as const;
    if (node.attributes.keepDimensions) {
      replacements.set(node, [{ ...pool, outputs: node.outputs }]);
      continue;
    }
    const pooled = fresh(`${node.outputs[0]}.pooled`);
    const shape = types.get(node.outputs[0] ?? '')?.shape ?? [];
    replacements.set(node, [
      { ...pool, outputs: [pooled] },
      {
        op: 'reshape',
        name: fresh(`${node.name}.reshape`),
        inputs: [pooled],
        outputs: node.outputs,
        attributes: { shape },
      },
    ]);
  }
  return replaceNodes(graph, replacements);
}
