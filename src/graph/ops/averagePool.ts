import { type AttributesOf, boolean, integers } from '../attributes.js';
import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';
import { finishMean, meanOutput } from '../pooling.js';
import { allocate, elementCount } from '../tensor.js';
import {
  checkPoolingWindow,
  forEachTap,
  imageShape,
  type Window,
  windowOutput,
  windowSchema,
} from '../window.js';

const schema = {
  kernel: integers(2, 1),
  strides: windowSchema.strides,
  pads: windowSchema.pads,
  countPadding: boolean(false),
  roundUp: boolean(false),
} as const;

export type AveragePoolNode = NodeOf<'averagePool', AttributesOf<typeof schema>>;

export function averagePoolWindow({ attributes }: AveragePoolNode): Window {
  const [height = 1, width = 1] = attributes.kernel;
  return { ...attributes, kernel: [height, width], dilations: [1, 1] };
}

/**
 * Elements of the window at output position `index` of one axis that a mean divides by: those inside the input or,
 * with `countPadding`, inside the padded input. What `roundUp` adds beyond the padding never counts.
 */
export function countedTaps(
  { attributes }: AveragePoolNode,
  axis: 0 | 1,
  size: number,
  index: number,
): number {
  const { kernel, strides, pads, countPadding } = attributes;
  const begin = index * (strides[axis] ?? 1) - (pads[axis] ?? 0);
  const [least, limit] = countPadding ? [-(pads[axis] ?? 0), size + (pads[axis + 2] ?? 0)] : [0, size];
  return Math.min(begin + (kernel[axis] ?? 1), limit) - Math.max(begin, least);
}

/** Mean of each window over NCHW, f32 or u8. */
export const averagePool = defineOperation({
  op: 'averagePool',
  arity: [1, 1],
  schema,
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    const [batch, channels, height, width] = imageShape(node, x);
    const window = averagePoolWindow(node);
    checkPoolingWindow(node, [height, width], window);
    const size = windowOutput(node, [height, width], window, node.attributes.roundUp);
    return [meanOutput(node, x, [batch, channels, ...size], window.kernel[0] * window.kernel[1])];
  },
});

export const averagePoolReference: Reference<AveragePoolNode> = (node, inputs, [out]) => {
  const x = required(node, inputs, 0);
  const output = out ?? rejectNode(node, 'has no output');
  const [batch, channels, height, width] = imageShape(node, x);
  const [, , outHeight = 0, outWidth = 0] = output.shape;
  const window = averagePoolWindow(node);
  const zero = x.type.quantization?.zeroPoint ?? 0;
  const finish = finishMean(node, x.type, output);
  const data = allocate(output.dtype, elementCount(output.shape));
  let written = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        let sum = 0;
        forEachTap(window, [height, width], [oy, ox], (_ky, _kx, y, xx) => {
          sum += (x.data[(plane * height + y) * width + xx] ?? 0) - zero;
        });
        data[written++] = finish(sum, countedTaps(node, 0, height, oy) * countedTaps(node, 1, width, ox));
      }
    }
  }
  return [{ dtype: output.dtype, shape: output.shape, data }];
};
