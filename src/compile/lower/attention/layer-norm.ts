import type { NodeFor } from '../../../graph/ops/table.js';
import { elementCount } from '../../../graph/tensor.js';
import { define, type Lowering, quantizationOf, use } from '../context.js';
import { rowMajor, rowMajorOutput } from '../movement.js';

export const lowerLayerNorm: Lowering<NodeFor<'layerNorm'>> = (context, fused) => {
  const { program } = context;
  const { axis, epsilon } = fused.node.attributes;
  const x = rowMajor(context, use(context, fused, 0));
  const output = define(context, fused.output);
  const { shape } = output.type;
  const count = elementCount(shape.slice(axis));
  const { at, settle } = rowMajorOutput(context, output);
  const parameters = {
    input: x.at,
    output: at,
    scale: rowMajor(context, use(context, fused, 1)).at,
    bias: fused.node.inputs[2]
      ? rowMajor(context, use(context, fused, 2)).at
      : program.constant(`${output.name}.zeros`, new Float32Array(count)),
    count,
    epsilon,
  };
  const rows = elementCount(shape) / count;
  if (output.type.dtype === 'u8') {
    const { scale, zeroPoint } = quantizationOf(output);
    program.call('u8_layer_norm', rows, { ...parameters, inverseScale: Math.fround(1 / scale), zeroPoint });
  } else {
    program.call('f32_layer_norm', rows, parameters);
    if (at === output.at) program.mayOverwrite(x.at.buffer, output.at.buffer);
  }
  settle();
};
