import type { Node } from '../../../graph/ops/table.js';
import { poolingWindow } from '../../../graph/pooling.js';
import { elementCount } from '../../../graph/tensor.js';
import type { Context } from '../context.js';

/** Greatest byte of any value. */
const any = 255;

type Types = Context['types'];

/** Greatest byte that a pool of `count` elements that are at most `greatest` gives. */
function pooled(types: Types, { inputs, outputs }: Node, greatest: number, count: number): number {
  const from = types.get(inputs[0] ?? '')?.quantization?.scale ?? 1;
  const to = types.get(outputs[0] ?? '')?.quantization?.scale ?? 1;
  return Math.min(any, Math.ceil((greatest * count * from) / to) + 1);
}

function greatestOf(node: Node, types: Types, greatestInput: () => number): number {
  switch (node.op) {
    case 'lif':
    case 'threshold':
      return 1;
    case 'maxPool':
    case 'reshape':
    case 'transpose':
    case 'slice':
    case 'delay':
    case 'concat':
      return greatestInput();
    case 'averagePool':
    case 'globalAveragePool':
      return pooled(types, node, greatestInput(), 1);
    case 'sumPool':
      return pooled(types, node, greatestInput(), elementCount(poolingWindow(node).kernel));
    default:
      return any;
  }
}

/** Greatest byte that a u8 value of zero point 0 can hold, as far as what computes it tells. */
export function greatestByte({ graph, types }: Pick<Context, 'graph' | 'types'>, name: string): number {
  const known = new Map<string, number>();
  for (const node of graph.nodes) {
    const greatest = greatestOf(node, types, () =>
      node.inputs.reduce((most, input) => Math.max(most, known.get(input) ?? any), 0),
    );
    for (const output of node.outputs) known.set(output, greatest);
  }
  return known.get(name) ?? any;
}
