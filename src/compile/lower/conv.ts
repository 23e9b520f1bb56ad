import { convWindow } from '../../graph/ops/conv.js';
import type { NodeFor } from '../../graph/ops/table.js';
import { define, type Lowering, use } from './context.js';
import { emitDense } from './dense.js';
import { denseWeights } from './dense-part.js';

export const lowerConv: Lowering<NodeFor<'conv'>> = (context, fused) => {
  const x = use(context, fused, 0);
  const output = define(context, fused.output);
  const { weight } = denseWeights(context, fused);
  const [images = 1, channels = 1] = x.type.shape;
  const [, outChannels = 1, outHeight = 1, outWidth = 1] = output.type.shape;
  const { groups } = fused.node.attributes;
  const window = convWindow(fused.node, weight.shape);
  emitDense(context, fused, x, output, {
    ...window,
    images,
    channels,
    outChannels,
    outHeight,
    outWidth,
    groups,
  });
};
