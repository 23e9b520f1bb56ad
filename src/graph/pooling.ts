import { boolean, integers } from './attributes.js';
import { ownQuantization, scaleOf } from './elementwise.js';
import { type AnyNode, type NodeOf, type ReferenceInput, rejectNode } from './operation.js';
import { checkMultiplier, requantize, requantizeMultiplier } from './quantized.js';
import { allocate, elementCount, type Tensor, type TensorType } from './tensor.js';
import { forEachTap, imageShape, type Window, windowOutput, windowSchema } from './window.js';

/** Attributes shared by operations that pool over a window. */
export const poolingSchema = {
  kernel: integers(2, 1),
  strides: windowSchema.strides,
  pads: windowSchema.pads,
  roundUp: boolean(false),
} as const;

interface PoolingAttributes {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  /** Ones where an operation does not have them. */
  readonly dilations?: readonly number[];
  readonly roundUp: boolean;
}

type PoolingNode = NodeOf<string, PoolingAttributes>;

export function poolingWindow({ attributes }: PoolingNode): Window {
  const { kernel, strides, pads, dilations = [1, 1] } = attributes;
  return { kernel, strides, pads, dilations };
}

/** Refuses windows that can lie wholly in the padding, where there is nothing to pool. */
function checkPadding(node: AnyNode, size: readonly [height: number, width: number], window: Window): void {
  const { kernel, pads, dilations } = window;
  for (const axis of [0, 1] as const) {
    const dilation = dilations[axis] ?? 1;
    const reach = ((kernel[axis] ?? 1) - 1) * dilation + 1;
    const pad = Math.max(pads[axis] ?? 0, pads[axis + 2] ?? 0);
    if (pad >= reach || (pad > 0 && dilation > size[axis])) {
      rejectNode(node, `padding of ${pad} leaves windows of ${reach} with no element of the input`);
    }
  }
}

/** Shape of what pooling gives over NCHW. */
export function pooledShape(node: PoolingNode, x: TensorType): readonly number[] {
  const [batch, channels, height, width] = imageShape(node, x);
  const window = poolingWindow(node);
  checkPadding(node, [height, width], window);
  return [batch, channels, ...windowOutput(node, [height, width], window, node.attributes.roundUp)];
}

/** Pools over NCHW: `reduce` makes one element of those of a window that lie inside the input. */
export function pool(
  node: PoolingNode,
  x: ReferenceInput,
  { dtype, shape }: TensorType,
  reduce: (elements: readonly number[], outY: number, outX: number) => number,
): Tensor {
  const [batch, channels, height, width] = imageShape(node, x);
  const [, , outHeight = 0, outWidth = 0] = shape;
  const window = poolingWindow(node);
  const data = allocate(dtype, elementCount(shape));
  let written = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let outY = 0; outY < outHeight; outY++) {
      for (let outX = 0; outX < outWidth; outX++) {
        const elements: number[] = [];
        forEachTap(window, [height, width], [outY, outX], (_tap, element) => {
          elements.push(x.data[plane * height * width + element] ?? 0);
        });
        data[written++] = reduce(elements, outY, outX);
      }
    }
  }
  return { dtype, shape, data };
}

/** Elements that an integer mean can sum in 32 bits. */
const largestCount = 2 ** 23;

/** Output type of a mean over at most `count` elements: u8 needs a quantization of its own. */
export function meanOutput(
  node: AnyNode,
  x: TensorType,
  shape: readonly number[],
  count: number,
): TensorType {
  if (x.dtype === 'f32') return { dtype: 'f32', shape };
  if (x.dtype !== 'u8') rejectNode(node, `input must be f32 or u8, got ${x.dtype}`);
  if (count > largestCount) rejectNode(node, `the mean of ${count} elements overflows 32-bit integers`);
  const quantization = ownQuantization(node);
  checkMultiplier(node, scaleOf(node, x).scale, quantization.scale);
  return { dtype: 'u8', shape, quantization };
}

/** Turns a sum of `count` elements, zero point taken off each, into their mean. */
export function finishMean(
  node: AnyNode,
  x: TensorType,
  output: TensorType,
): (sum: number, count: number) => number {
  if (output.dtype === 'f32') return (sum, count) => sum / count;
  const scaleIn = scaleOf(node, x).scale;
  const { scale, zeroPoint } = scaleOf(node, output);
  return (sum, count) => requantize(sum, requantizeMultiplier(scaleIn, scale * count), zeroPoint);
}
