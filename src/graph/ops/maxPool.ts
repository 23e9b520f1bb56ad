import { type AttributesOf, boolean, integers } from '../attributes.js';
import { movedOutput } from '../moving.js';
import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';
import { allocate, elementCount } from '../tensor.js';
import {
  checkPoolingWindow,
  forEachTap,
  imageShape,
  type Window,
  windowOutput,
  windowSchema,
} from '../window.js';

const schema = { kernel: integers(2, 1), ...windowSchema, roundUp: boolean(false) } as const;

export type MaxPoolNode = NodeOf<'maxPool', AttributesOf<typeof schema>>;

export function maxPoolWindow({ attributes }: MaxPoolNode): Window {
  const [height = 1, width = 1] = attributes.kernel;
  return { ...attributes, kernel: [height, width] };
}

/** Greatest element of each window over NCHW; padding never wins. f32 or u8. */
export const maxPool = defineOperation({
  op: 'maxPool',
  arity: [1, 1],
  schema,
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    const [batch, channels, height, width] = imageShape(node, x);
    const window = maxPoolWindow(node);
    checkPoolingWindow(node, [height, width], window);
    const size = windowOutput(node, [height, width], window, node.attributes.roundUp);
    return [movedOutput(node, x, [batch, channels, ...size])];
  },
});

export const maxPoolReference: Reference<MaxPoolNode> = (node, inputs, [out]) => {
  const x = required(node, inputs, 0);
  const output = out ?? rejectNode(node, 'has no output');
  const [batch, channels, height, width] = imageShape(node, x);
  const [, , outHeight = 0, outWidth = 0] = output.shape;
  const window = maxPoolWindow(node);
  const data = allocate(output.dtype, elementCount(output.shape));
  let written = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let oy = 0; oy < outHeight; oy++) {
      for (let ox = 0; ox < outWidth; ox++) {
        let greatest = Number.NEGATIVE_INFINITY;
        forEachTap(window, [height, width], [oy, ox], (_ky, _kx, y, xx) => {
          greatest = Math.max(greatest, x.data[(plane * height + y) * width + xx] ?? 0);
        });
        data[written++] = greatest;
      }
    }
  }
  return [{ dtype: output.dtype, shape: output.shape, data }];
};
