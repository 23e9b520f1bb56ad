import type { AttributesOf } from '../attributes.js';
import {
  defineOperation,
  type InputType,
  type NodeOf,
  type Reference,
  type ReferenceInput,
  rejectNode,
  required,
} from '../operation.js';
import { allocate, elementCount, formatShape, type Tensor, type TensorType } from '../tensor.js';
import {
  centred,
  checkWeights,
  finishAccumulator,
  realElements,
  weightedForm,
  weightedOutput,
} from '../weighted.js';
import {
  forEachTap,
  groupsAttribute,
  imageShape,
  type Window,
  windowOutput,
  windowSchema,
} from '../window.js';

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
 * and optional bias [out]. f32; or u8 x with integer weight and i32 bias, into u8 or, where the node has no
 * quantization, into f32; or u8 x of zero point 0, such as spikes, with f32 weight and bias into f32. The products of
 * that last form are added up in f32, row by row of the window, channels innermost, the bias at the end.
 */
export const conv = defineOperation({
  op: 'conv',
  arity: [2, 3],
  schema,
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    const weight = required(node, inputs, 1);
    checkWeights(node, x, weight, inputs[2]);
    return [weightedOutput(node, x, weight, shapeOf(node, x, weight))];
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

/** One output of f32 weights over u8 elements: every product and every sum rounded to f32, in order. */
function sumOverBytes(
  window: Window,
  image: { readonly values: Float64Array; readonly height: number; readonly width: number },
  weights: ArrayLike<number>,
  at: readonly [outY: number, outX: number],
): number {
  const { height, width } = image;
  const [kernelHeight, kernelWidth] = window.kernel;
  const taps = kernelHeight * kernelWidth;
  const channels = weights.length / taps;
  let sum = 0;
  forEachTap(window, [height, width], at, (ky, kx, y, x) => {
    for (let c = 0; c < channels; c++) {
      const weight = weights[c * taps + ky * kernelWidth + kx] ?? 0;
      sum = Math.fround(sum + Math.fround(weight * (image.values[(c * height + y) * width + x] ?? 0)));
    }
  });
  return sum;
}

function floatOverBytes(
  node: ConvNode,
  inputs: readonly (ReferenceInput | undefined)[],
  out: TensorType,
): Tensor {
  const x = required(node, inputs, 0);
  const weight = required(node, inputs, 1);
  const [batch, channels, height, width] = imageShape(node, x);
  const [outChannels = 0, perGroup = 0] = weight.shape;
  const [, , outHeight = 0, outWidth = 0] = out.shape;
  const window = convWindow(node, weight.shape);
  const finish = finishAccumulator(node, inputs, out);
  const values = realElements(x);
  const perOutput = elementCount(weight.shape.slice(1));
  const data = new Float32Array(elementCount(out.shape));
  let written = 0;
  for (let plane = 0; plane < batch * outChannels; plane++) {
    const o = plane % outChannels;
    const group = Math.floor((o * node.attributes.groups) / outChannels);
    const begin = (Math.floor(plane / outChannels) * channels + group * perGroup) * height * width;
    const image = { values: values.subarray(begin, begin + perGroup * height * width), height, width };
    const weights = weight.data.subarray(o * perOutput, (o + 1) * perOutput);
    for (let i = 0; i < outHeight * outWidth; i++) {
      data[written++] = finish(
        sumOverBytes(window, image, weights, [Math.floor(i / outWidth), i % outWidth]),
        o,
      );
    }
  }
  return { dtype: 'f32', shape: out.shape, data };
}

export const convReference: Reference<ConvNode> = (node, inputs, [out]) => {
  const x = required(node, inputs, 0);
  const weight = required(node, inputs, 1);
  const output = out ?? rejectNode(node, 'has no output');
  if (weightedForm(x.type, weight.type) === 'float over bytes') return [floatOverBytes(node, inputs, output)];
  return [sumOfPlanes(node, inputs, output)];
};

/** Adds up in double precision, plane by plane: exact for integers. */
function sumOfPlanes(
  node: ConvNode,
  inputs: readonly (ReferenceInput | undefined)[],
  output: TensorType,
): Tensor {
  const x = required(node, inputs, 0);
  const weight = required(node, inputs, 1);
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
  return { dtype: output.dtype, shape: output.shape, data };
}
