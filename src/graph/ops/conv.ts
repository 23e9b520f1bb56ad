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
  positionOf,
  volumeSchema,
  type Window,
  windowOutput,
} from '../window.js';

const schema = { ...volumeSchema, groups: groupsAttribute } as const;

export type ConvNode = NodeOf<'conv', AttributesOf<typeof schema>>;

/** Window of a convolution whose weight has shape [outChannels, channels / groups, ...kernel]. */
export function convWindow({ attributes }: ConvNode, weightShape: readonly number[]): Window {
  return { kernel: weightShape.slice(2), ...attributes };
}

function shapeOf(node: ConvNode, x: InputType, weight: InputType): readonly number[] {
  const [batch = 0, channels = 0, ...sizes] = x.shape;
  const [outChannels = 0, perGroup = 0] = weight.shape;
  const { groups } = node.attributes;
  if ((sizes.length !== 2 && sizes.length !== 3) || weight.shape.length !== x.shape.length) {
    rejectNode(
      node,
      `expects NCHW input and OIHW weight, or NCDHW and OIDHW, got ${formatShape(x.shape)} and ${formatShape(weight.shape)}`,
    );
  }
  if (channels !== perGroup * groups || outChannels % groups !== 0) {
    rejectNode(
      node,
      `${channels} channels, ${groups} groups and weight ${formatShape(weight.shape)} do not fit together`,
    );
  }
  const window = convWindow(node, weight.shape);
  const counts = [window.strides.length, window.dilations.length, window.pads.length / 2];
  if (counts.some((count) => count !== sizes.length)) {
    rejectNode(node, `needs a stride, a dilation and two pads for each of ${sizes.length} spatial axes`);
  }
  return [batch, outChannels, ...windowOutput(node, sizes, window)];
}

/**
 * Convolution (cross-correlation) over NCHW or NCDHW: inputs x, weight [out, in / groups, ...kernel] and optional bias
 * [out]. Strides and dilations have one entry for each spatial axis, pads two; over NCDHW all of them are given. f32;
 * or u8 x with integer weight and i32 bias, into u8 or, where the node has no quantization, into f32; or u8 x of zero
 * point 0, such as spikes, with f32 weight and bias into f32. The products of that last form are added up in f32, row
 * by row of the window, channels innermost, the bias at the end.
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

/** One channel of one image or volume. */
interface Volume {
  readonly values: Float64Array;
  readonly sizes: readonly [depth: number, height: number, width: number];
}

/** Sizes over depth, height and width; an image has a depth of one. */
function threeSizes(sizes: readonly number[]): Volume['sizes'] {
  const [width = 1, height = 1, depth = 1] = sizes.toReversed();
  return [depth, height, width];
}

/** What one axis of a window element reaches: output indices [first, end), and its input index there. */
interface Reach {
  readonly first: number;
  readonly end: number;
  inputAt(output: number): number;
}

/** Where element `tap` of an axis, counted from the last one, lies inside the input. */
function reachOf(window: Window, fromLast: number, tap: number, input: number, output: number): Reach {
  const axis = window.kernel.length - 1 - fromLast;
  const stride = window.strides[axis] ?? 1;
  const offset = (window.pads[axis] ?? 0) - tap * (window.dilations[axis] ?? 1);
  return {
    first: Math.max(0, Math.ceil(offset / stride)),
    end: Math.min(output, Math.floor((input - 1 + offset) / stride) + 1),
    inputAt: (index) => index * stride - offset,
  };
}

/** Adds `weight` times the input, as seen through the window element of row-major index `tap`, to the output. */
function addTap(window: Window, tap: number, weight: number, input: Volume, output: Volume): void {
  const [kz, ky, kx] = threeSizes(positionOf(tap, threeSizes(window.kernel)));
  const [, height, width] = input.sizes;
  const [, outHeight, outWidth] = output.sizes;
  const slices = reachOf(window, 2, kz, input.sizes[0], output.sizes[0]);
  const rows = reachOf(window, 1, ky, height, outHeight);
  const columns = reachOf(window, 0, kx, width, outWidth);
  const step = columns.inputAt(1) - columns.inputAt(0);
  for (let oz = slices.first; oz < slices.end; oz++) {
    for (let oy = rows.first; oy < rows.end; oy++) {
      const to = (oz * outHeight + oy) * outWidth;
      const from = (slices.inputAt(oz) * height + rows.inputAt(oy)) * width + columns.inputAt(0);
      for (let ox = columns.first; ox < columns.end; ox++) {
        const product = weight * (input.values[from + ox * step] ?? 0);
        output.values[to + ox] = (output.values[to + ox] ?? 0) + product;
      }
    }
  }
}

/** One output of f32 weights over u8 elements: every product and every sum rounded to f32, in order. */
function sumOverBytes(
  window: Window,
  image: { readonly values: Float64Array; readonly sizes: readonly number[] },
  weights: ArrayLike<number>,
  at: readonly number[],
): number {
  const taps = elementCount(window.kernel);
  const elements = elementCount(image.sizes);
  const channels = weights.length / taps;
  let sum = 0;
  forEachTap(window, image.sizes, at, (tap, element) => {
    for (let c = 0; c < channels; c++) {
      const weight = weights[c * taps + tap] ?? 0;
      sum = Math.fround(sum + Math.fround(weight * (image.values[c * elements + element] ?? 0)));
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
  const [, channels = 0, ...sizes] = x.shape;
  const [outChannels = 0, perGroup = 0] = weight.shape;
  const outSizes = out.shape.slice(2);
  const window = convWindow(node, weight.shape);
  const finish = finishAccumulator(node, inputs, out);
  const values = realElements(x);
  const perOutput = elementCount(weight.shape.slice(1));
  const data = new Float32Array(elementCount(out.shape));
  const [elements, perPlane] = [elementCount(sizes), elementCount(outSizes)];
  for (let i = 0; i < data.length; i++) {
    const plane = Math.floor(i / perPlane);
    const [n, o] = [Math.floor(plane / outChannels), plane % outChannels];
    const group = Math.floor((o * node.attributes.groups) / outChannels);
    const begin = (n * channels + group * perGroup) * elements;
    const image = { values: values.subarray(begin, begin + perGroup * elements), sizes };
    const weights = weight.data.subarray(o * perOutput, (o + 1) * perOutput);
    data[i] = finish(sumOverBytes(window, image, weights, positionOf(i % perPlane, outSizes)), o);
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

/** Adds up in double precision, channel by channel: exact for integers. */
function sumOfPlanes(
  node: ConvNode,
  inputs: readonly (ReferenceInput | undefined)[],
  output: TensorType,
): Tensor {
  const x = required(node, inputs, 0);
  const weight = required(node, inputs, 1);
  const [batch = 0, channels = 0, ...spatial] = x.shape;
  const [outChannels = 0, perGroup = 0] = weight.shape;
  const [sizes, outSizes] = [threeSizes(spatial), threeSizes(output.shape.slice(2))];
  const [elements, outElements] = [elementCount(sizes), elementCount(outSizes)];
  const window = convWindow(node, weight.shape);
  const taps = elementCount(window.kernel);
  const outPerGroup = outChannels / node.attributes.groups;
  const finish = finishAccumulator(node, inputs, output);
  const all = centred(x);
  const data = allocate(output.dtype, elementCount(output.shape));
  for (let plane = 0; plane < batch * outChannels; plane++) {
    const n = Math.floor(plane / outChannels);
    const o = plane % outChannels;
    const sums = { values: new Float64Array(outElements), sizes: outSizes };
    for (let c = 0; c < perGroup; c++) {
      const begin = (n * channels + Math.floor(o / outPerGroup) * perGroup + c) * elements;
      const input = { values: all.subarray(begin, begin + elements), sizes };
      for (let tap = 0; tap < taps; tap++) {
        addTap(window, tap, weight.data[(o * perGroup + c) * taps + tap] ?? 0, input, sums);
      }
    }
    sums.values.forEach((sum, i) => {
      data[plane * outElements + i] = finish(sum, o);
    });
  }
  return { dtype: output.dtype, shape: output.shape, data };
}
