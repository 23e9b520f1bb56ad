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
import { checkWeights, finishAccumulator, weightedOutput } from '../weighted.js';
import { forEachTap, groupsAttribute, type Window, windowOutput, windowSchema } from '../window.js';

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
  summary: '2-D convolution, grouped or depthwise, f32 or integer',
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

export const convReference: Reference<ConvNode> = (node, inputs, [out]) => {
  const x = required(node, inputs, 0);
  const weight = required(node, inputs, 1);
  const output = out ?? rejectNode(node, 'has no output');
  const [batch = 0, channels = 0, height = 0, width = 0] = x.shape;
  const [outChannels = 0, perGroup = 0, kernelHeight = 1, kernelWidth = 1] = weight.shape;
  const [, , outHeight = 0, outWidth = 0] = output.shape;
  const window = convWindow(node, weight.shape);
  const outPerGroup = outChannels / node.attributes.groups;
  const data = allocate(output.dtype, elementCount(output.shape));
  const finish = finishAccumulator(node, inputs, output);
  const zero = x.type.quantization?.zeroPoint ?? 0;
  let written = 0;
  for (let n = 0; n < batch; n++) {
    for (let o = 0; o < outChannels; o++) {
      const firstChannel = Math.floor(o / outPerGroup) * perGroup;
      for (let oy = 0; oy < outHeight; oy++) {
        for (let ox = 0; ox < outWidth; ox++) {
          let sum = 0;
          forEachTap(window, [height, width], [oy, ox], (ky, kx, y, xx) => {
            for (let c = 0; c < perGroup; c++) {
              const value = x.data[((n * channels + firstChannel + c) * height + y) * width + xx] ?? 0;
              const w = weight.data[((o * perGroup + c) * kernelHeight + ky) * kernelWidth + kx] ?? 0;
              sum += (value - zero) * w;
            }
          });
          data[written++] = finish(sum, o);
        }
      }
    }
  }
  return [{ dtype: output.dtype, shape: output.shape, data }];
};
