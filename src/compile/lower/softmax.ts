import type { Node } from '../../graph/ops/table.js';
import { columnGroupUnits } from '../kernels/tensor-units.js';
import { physicalShape } from '../layout.js';
import { define, type Lowering, use } from './context.js';
import { positionsOf, sections } from './reduce.js';

/** Lowers softmax or log softmax over one axis. */
export function lowerSoftmax<N extends Node>(kernel: string, axisOf: (node: N) => number): Lowering<N> {
  return (context, fused) => {
    const x = use(context, fused, 0);
    const output = define(context, fused.output);
    const rank = x.type.shape.length;
    const positions = positionsOf([axisOf(fused.node)], rank);
    const { outer, middle, inner } = sections(physicalShape(x.type.shape), positions);
    context.program.call(kernel, columnGroupUnits(outer, inner), {
      input: x.at,
      output: output.at,
      axis: middle,
      inner,
    });
  };
}
