import type { NodeFor } from '../../graph/ops/table.js';
import { poolingWindow } from '../../graph/pooling.js';
import type { Window } from '../../graph/window.js';
import { averageMultipliers } from '../kernels/tensor-tables.js';
import { type Context, define, type Lowering, quantizationOf, use, type Value } from './context.js';

function windowFields(x: Value, output: Value, { kernel, strides, pads, dilations }: Window) {
  const [, channels = 1, inHeight = 1, inWidth = 1] = x.type.shape;
  const [, , outHeight = 1, outWidth = 1] = output.type.shape;
  const [strideHeight = 1, strideWidth = 1] = strides;
  const [dilationHeight = 1, dilationWidth = 1] = dilations;
  const [padTop = 0, padLeft = 0] = pads;
  return {
    input: x.at,
    output: output.at,
    inHeight,
    inWidth,
    channels,
    inputStride: channels,
    outHeight,
    outWidth,
    outputStride: channels,
    kernelHeight: kernel[0],
    kernelWidth: kernel[1],
    strideHeight,
    strideWidth,
    padTop,
    padLeft,
    dilationHeight,
    dilationWidth,
  };
}

/** One unit is one row of output pixels. */
function outputRows({ type }: Value): number {
  const [images = 1, , outHeight = 1] = type.shape;
  return images * outHeight;
}

export const lowerMaxPool: Lowering<NodeFor<'maxPool'>> = (context, fused) => {
  const x = use(context, fused, 0);
  const output = define(context, fused.output);
  const kernel = output.type.dtype === 'u8' ? 'u8_max_pool' : 'f32_max_pool';
  const parameters = windowFields(x, output, poolingWindow(fused.node));
  context.program.call(kernel, outputRows(output), parameters);
};

function averagePool(context: Context, x: Value, output: Value, window: Window, countPadding: boolean): void {
  const [, , padBottom = 0, padRight = 0] = window.pads;
  const parameters = {
    ...windowFields(x, output, window),
    padBottom,
    padRight,
    countPadding: countPadding ? 1 : 0,
  };
  const units = outputRows(output);
  if (output.type.dtype === 'f32') {
    context.program.call('f32_average_pool', units, parameters);
    return;
  }
  const { scale, zeroPoint: inputZeroPoint } = quantizationOf(x);
  const { scale: outputScale, zeroPoint } = quantizationOf(output);
  const byCount = averageMultipliers(scale, outputScale, window.kernel[0] * window.kernel[1]);
  const multipliers = context.program.constant(`${output.name}.multipliers`, byCount);
  context.program.call('u8_average_pool', units, {
    ...parameters,
    multipliers,
    inputZeroPoint,
    zeroPoint,
    minimum: 0,
    maximum: 255,
  });
}

export const lowerAveragePool: Lowering<NodeFor<'averagePool'>> = (context, fused) => {
  const { countPadding } = fused.node.attributes;
  averagePool(
    context,
    use(context, fused, 0),
    define(context, fused.output),
    poolingWindow(fused.node),
    countPadding,
  );
};

export const lowerGlobalAveragePool: Lowering<NodeFor<'globalAveragePool'>> = (context, fused) => {
  const x = use(context, fused, 0);
  const [, , height = 1, width = 1] = x.type.shape;
  const window = { kernel: [height, width] as const, strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] };
  averagePool(context, x, define(context, fused.output), window, false);
};
