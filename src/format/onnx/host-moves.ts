import { broadcastShape, broadcastStrides, forEachBroadcast } from '../../graph/broadcast.js';
import { elementCount } from '../../graph/tensor.js';
import type { Call } from './call.js';
import type { HostTensor } from './host-tensor.js';

/** The same elements under another shape. */
export const reshaped =
  (shape: readonly number[]) =>
  ({ type, data }: HostTensor): HostTensor => ({ type, shape, data });

/** The tensor whose element at `[i, j, ...]` is the one at `offsets[0][i] + offsets[1][j] + ...`. */
export function gathered(call: Call, x: HostTensor, offsets: readonly (readonly number[])[]): HostTensor {
  const out = call.draft.hostTensor(
    x.type,
    offsets.map((axis) => axis.length),
  );
  let written = 0;
  const walk = (axis: number, base: number): void => {
    if (axis === offsets.length) {
      out.data[written++] = x.data[base] ?? 0;
      return;
    }
    for (const offset of offsets[axis] ?? []) walk(axis + 1, base + offset);
  };
  walk(0, 0);
  return out;
}

/** Shape that all of the shapes broadcast to. */
export function commonShape(call: Call, shapes: readonly (readonly number[])[]): readonly number[] {
  const node = { op: call.node.operator, name: call.node.name, inputs: [], outputs: [], attributes: {} };
  return shapes.reduce((a, b) => broadcastShape(node, a, b), []);
}

/** The tensor repeated to a shape that it broadcasts to. */
export function broadcastTo(call: Call, x: HostTensor, shape: readonly number[]): HostTensor {
  if (elementCount(x.shape) === elementCount(shape)) return reshaped(shape)(x);
  const out = call.draft.hostTensor(x.type, shape);
  const strides = broadcastStrides(x.shape, shape);
  forEachBroadcast(shape, strides, strides, (index, from) => {
    out.data[index] = x.data[from] ?? 0;
  });
  return out;
}
