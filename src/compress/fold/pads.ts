import type { Graph } from '../../graph/graph.js';
import type { ConvNode } from '../../graph/ops/conv.js';
import type { PadNode } from '../../graph/ops/pad.js';
import type { Node } from '../../graph/ops/table.js';
import { producersOf } from '../edits.js';

/** Whether a pad only adds zeros along the spatial axes of NCHW or NCDHW. */
function isSpatialZeroPad(node: Node | undefined): node is PadNode {
  if (node?.op !== 'pad' || node.attributes.mode !== 'constant' || node.attributes.value !== 0) return false;
  const { pads } = node.attributes;
  return pads.every((size, i) => size === 0 || i % (pads.length / 2) >= 2);
}

function widened(conv: ConvNode, pad: PadNode): ConvNode {
  const rank = pad.attributes.pads.length / 2;
  const added = pad.attributes.pads.filter((_, i) => i % rank >= 2);
  const pads = conv.attributes.pads.map((own, i) => own + (added[i] ?? 0));
  return {
    ...conv,
    inputs: [pad.inputs[0] ?? '', ...conv.inputs.slice(1)],
    attributes: { ...conv.attributes, pads },
  };
}

/** Lets convolutions do the zero padding that comes before them. */
export function mergePads(graph: Graph): Graph {
  const producers = producersOf(graph);
  let changed = false;
  const nodes = graph.nodes.map((node): Node => {
    const before = producers.get(node.inputs[0] ?? '');
    if (node.op !== 'conv' || !isSpatialZeroPad(before)) return node;
    changed = true;
    return widened(node, before);
  });
  return changed ? { ...graph, nodes } : graph;
}
