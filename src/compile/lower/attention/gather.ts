import type { NodeFor } from '../../../graph/ops/table.js';
import { elementCount } from '../../../graph/tensor.js';
import { define, type Lowering, use } from '../context.js';
import { rowMajor, rowMajorOutput } from '../movement.js';

export const lowerGather: Lowering<NodeFor<'gather'>> = (context, fused) => {
  const table = rowMajor(context, use(context, fused, 0));
  const indices = rowMajor(context, use(context, fused, 1));
  const { at, settle } = rowMajorOutput(context, define(context, fused.output));
  const [rows = 1, ...rest] = table.type.shape;
  context.program.call('f32_gather', elementCount(indices.type.shape), {
    table: table.at,
    indices: indices.at,
    output: at,
    rows,
    count: elementCount(rest),
  });
  settle();
};
