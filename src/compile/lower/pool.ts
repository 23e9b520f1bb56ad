import type { NodeFor } from '../../graph/ops/table.js';
import { poolingWindow } from '../../graph/pooling.js';
import { requantizeMultiplier } from '../../graph/quantized.js';
import { elementCount } from '../../graph/tensor.js';
import type { Window } from '../../graph/window.js';
import { averageMultipliers } from '../kernels/tensor-tables.js';
import { type Context, define, type Lowering, quantizationOf, use, type Value } from './context.js';

function windowFields(x: Value, output: Value, { kernel, strides, pads, dilations }: Window) {
  const [kernelHeight = 1, kernelWidth = 1] = kernel;
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
    kernelHeight,
    kernelWidth,
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

function meanFields(x: Value, output: Value, window: Window, countPadding: boolean) {
  const [, , padBottom = 0, padRight = 0] = window.pads;
  return { ...windowFields(x, output, window), padBottom, padRight, countPadding: countPadding ? 1 : 0 };
}

/** Sums of windows of u8, requantized by the multiplier for the number of elements that count. */
function integerPool(
  { program }: Context,
  x: Value,
  output: Value,
  { multipliers, ...fields }: ReturnType<typeof meanFields> & { readonly multipliers: Float32Array },
): void {
  program.call('u8_average_pool', outputRows(output), {
    ...fields,
    multipliers: program.constant(`${output.name}.multipliers`, multipliers),
    inputZeroPoint: quantizationOf(x).zeroPoint,
    zeroPoint: quantizationOf(output).zeroPoint,
    minimum: 0,
    maximum: 255,
  });
}

function averagePool(context: Context, x: Value, output: Value, window: Window, countPadding: boolean): void {
  const fields = meanFields(x, output, window, countPadding);
  if (output.type.dtype === 'f32') {
    context.program.call('f32_average_pool', outputRows(output), fields);
    return;
  }
  const { scale } = quantizationOf(output);
  const multipliers = averageMultipliers(quantizationOf(x).scale, scale, elementCount(window.kernel));
  integerPool(context, x, output, { ...fields, multipliers });
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

export const lowerSumPool: Lowering<NodeFor<'sumPool'>> = (context, fused) => {
  const x = use(context, fused, 0);
  const output = define(context, fused.output);
  const window = poolingWindow(fused.node);
  if (output.type.dtype === 'f32') {
    context.program.call('f32_sum_pool', outputRows(output), windowFields(x, output, window));
    return;
  }
  const multiplier = requantizeMultiplier(quantizationOf(x).scale, quantizationOf(output).scale);
  const sums = new Float32Array(elementCount(window.kernel) + 1).fill(multiplier);
  integerPool(context, x, output, { ...meanFields(x, output, window, false), multipliers: sums });
};

export const lowerGlobalAveragePool: Lowering<NodeFor<'globalAveragePool'>> = (context, fused) => {
  const x = use(context, fused, 0);
  const [, , height = 1, width = 1] = x.type.shape;
  const window = { kernel: [height, width], strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1] };
  averagePool(context, x, define(context, fused.output), window, false);
};
