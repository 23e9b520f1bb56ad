import type { NodeFor } from '../../graph/ops/table.js';
import { elementCount } from '../../graph/tensor.js';
import { physicalShape } from '../layout.js';
import { constantOf, define, type Lowering, unsupported, use } from './context.js';

/** One multiplication and one addition for each element, channels innermost. */
export const lowerBatchNorm: Lowering<NodeFor<'batchNorm'>> = (context, fused) => {
  const x = use(context, fused, 0);
  const [scale, bias, mean, variance] = fused.node.inputs
    .slice(1)
    .map((name) => constantOf(context, name)?.data);
  if (!scale || !bias || !mean || !variance)
    unsupported(fused, 'scale, bias, mean and variance must be constants');
  const shape = physicalShape(x.type.shape);
  const channels = x.type.shape[1] ?? 1;
  if (shape.at(-1) !== channels || x.type.shape.length === 3)
    unsupported(fused, 'channels must be innermost in memory');
  const output = define(context, fused.output);
  const factor = Float32Array.from(
    scale,
    (s, c) => s / Math.sqrt((variance[c] ?? 0) + fused.node.attributes.epsilon),
  );
  const shift = Float32Array.from(bias, (b, c) => b - (mean[c] ?? 0) * (factor[c] ?? 0));
  context.program.call('f32_affine', elementCount(shape) / channels, {
    input: x.at,
    output: output.at,
    channels,
    scale: context.program.constant(`${fused.node.name}.scale`, factor),
    shift: context.program.constant(`${fused.node.name}.shift`, shift),
    ...fused.clamp,
  });
};
