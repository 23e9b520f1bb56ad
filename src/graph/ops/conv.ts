import type { AttributesOf } from '../attributes.js';
import {
  defineOperation,
  type InputType,
  type NodeOf,
  type Reference,
  rejectNode,
  required,
} from '../operation.js';
import { allocate, elementCount, formatShape } from '../tensor.js';
import { centred, checkWeights, finishAccumulator, weightedOutput } from '../weighted.js';
import { groupsAttribute, imageShape, type Window, windowOutput, windowSchema } from '../window.js';

const schema = { ...windowSchema, groups: groupsAttribute } as const;

export type ConvNode = NodeOf<'conv', AttributesOf<typeof schema>>;

/** Window of a convolution whose weight has shape [outChannels, channels / groups, height, width]. */
export function convWindow(node: ConvNode, weightShape: readonly number[]): Window {
  const [, , height = 1, width = 1] = weightShape;
  return { kernel: [height, width], ...node.attributes };
}

function shapeOf(node: ConvNode, x: InputType, weight: InputType): readonly number[] {
  const [batch = 0, channels = 0, height = 0, width = 0] = x.shape;
  const [outChannels = 0, perGroup = 0] = weight.shape;
  const { groups } = node.attributes;
  if (x.shape.length !== 4 || weight.shape.length !== 4) {
    rejectNode(
      node,
      `expects NCHW input and OIHW weight, got ${formatShape(x.shape)} and ${formatShape(weight.shape)}`,
    );
  }
  if (channels !== perGroup * groups || outChannels % groups !== 0) {
    rejectNode(
      node,
      `${channels} channels, ${groups} groups and weight ${formatShape(weight.shape)} do not fit together`,
    );
  }
  return [batch, outChannels, ...windowOutput(node, [height, width], convWindow(node, weight.shape))];
}

/**
 * Two-dimensional convolution (cross-correlation) over NCHW: inputs x, weight [out, in / groups, height, width]
 * and optional bias [out]. f32, or u8 x with integer weight and i32 bias into u8.
 */
export const conv = defineOperation({
  op: 'conv',
  arity: [2, 3],
  schema,
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    const weight = required(node, inputs, 1);
    checkWeights(node, x, weight, inputs[2]);
    return [weightedOutput(node, x, shapeOf(node, x, weight))];
  },
  cost(_node, inputs, outputs) {
    const perOutput = elementCount(inputs[1]?.shape.slice(1) ?? []);
    return { macs: elementCount(outputs[0]?.shape ?? []) * perOutput };
  },
});

/** One channel of one image. */
interface Plane {
  readonly values: Float64Array;
  readonly height: number;
  readonly width: number;
}

/** Output indices [first, end) whose tap, `offset` before the first input element, lies inside the input. */
function insideRange(
  output: number,
  input: number,
  stride: number,
  offset: number,
): readonly [number, number] {
  const first = Math.max(0, Math.ceil(offset / stride));
  return [first, Math.min(output, Math.floor((input - 1 + offset) / stride) + 1)];
}

/** Adds `weight` times the input, as seen through element (ky, kx) of the window, to the output. */
function addTap(window: Window, ky: number, kx: number, weight: number, input: Plane, output: Plane): void {
  const [strideY = 1, strideX = 1] = window.strides;
  const [padTop = 0, padLeft = 0] = window.pads;
  const [dilationY = 1, dilationX = 1] = window.dilations;
  const top = padTop - ky * dilationY;
  const left = padLeft - kx * dilationX;
  const [firstRow, endRow] = insideRange(output.height, input.height, strideY, top);
  const [firstColumn, endColumn] = insideRange(output.width, input.width, strideX, left);
  for (let oy = firstRow; oy < endRow; oy++) {
    const to = oy * output.width;
    const from = (oy * strideY - top) * input.width - left;
    for (let ox = firstColumn; ox < endColumn; ox++) {
      const product = weight * (input.values[from + ox * strideX] ?? 0);
      output.values[to + ox] = (output.values[to + ox] ?? 0) + product;
    }
  }
}

export const convReference: Reference<ConvNode> = (node, inputs, [out]) => {
  const x = required(node, inputs, 0);
  const weight = required(node, inputs, 1);
  const output = out ?? rejectNode(node, 'has no output');
  const [batch, channels, height, width] = imageShape(node, x);
  const [outChannels = 0, perGroup = 0, kernelHeight = 1, kernelWidth = 1] = weight.shape;
  const [, , outHeight = 0, outWidth = 0] = output.shape;
  const window = convWindow(node, weight.shape);
  const outPerGroup = outChannels / node.attributes.groups;
  const finish = finishAccumulator(node, inputs, output);
  const elements = centred(x);
  const data = allocate(output.dtype, elementCount(output.shape));
  for (let plane = 0; plane < batch * outChannels; plane++) {
    const n = Math.floor(plane / outChannels);
    const o = plane % outChannels;
    const sums = { values: new Float64Array(outHeight * outWidth), height: outHeight, width: outWidth };
    for (let c = 0; c < perGroup; c++) {
      const begin = (n * channels + Math.floor(o / outPerGroup) * perGroup + c) * height * width;
      const input = { values: elements.subarray(begin, begin + height * width), height, width };
      for (let ky = 0; ky < kernelHeight; ky++) {
        for (let kx = 0; kx < kernelWidth; kx++) {
          const w = weight.data[((o * perGroup + c) * kernelHeight + ky) * kernelWidth + kx] ?? 0;
          addTap(window, ky, kx, w, input, sums);
        }
      }
    }
    sums.values.forEach((sum, i) => {
      data[plane * sums.values.length + i] = finish(sum, o);
    });
  }
  return [{ dtype: output.dtype, shape: output.shape, data }];
};
