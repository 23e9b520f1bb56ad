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
  const [, outChannels = 1, ...outSizes] = output.type.shape;
  const { groups } = fused.node.attributes;
  const { kernel, strides, pads, dilations } = convWindow(fused.node, weight.shape);
  const [kernelHeight = 1, kernelWidth = 1] = kernel.slice(-2);
  const [outHeight = 1, outWidth = 1] = outSizes.slice(-2);
  const isVolume = kernel.length === 3;
  emitDense(context, fused, x, output, {
    kernel: [kernelHeight, kernelWidth],
    strides: strides.slice(-2),
    pads: isVolume ? pads.filter((_, i) => i % 3 > 0) : pads,
    dilations: dilations.slice(-2),
    images,
    channels,
    outChannels,
    outHeight,
    outWidth,
    groups,
    depth: isVolume
      ? {
          kernel: kernel[0] ?? 1,
          stride: strides[0] ?? 1,
          dilation: dilations[0] ?? 1,
          before: pads[0] ?? 0,
          after: pads[3] ?? 0,
          out: outSizes[0] ?? 1,
        }
      : undefined,
  });
};
