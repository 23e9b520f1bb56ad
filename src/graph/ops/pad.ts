import { type AttributesOf, integers, number, oneOf } from '../attributes.js';
import { gather, movedOutput, stridesOf } from '../moving.js';
import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';
import { quantize } from '../quantized.js';
import { formatShape, type TensorType } from '../tensor.js';

const schema = {
  /** Elements added before each axis, then after each axis. */
  pads: integers('any', 0),
  mode: oneOf(['constant', 'edge', 'reflect'], 'constant'),
  /** Real number that `constant` fills with. */
  value: number(0),
} as const;

export type PadNode = NodeOf<'pad', AttributesOf<typeof schema>>;

/** The element that `constant` fills with: 0 is the zero point of a u8 value. */
export const padFill = ({ attributes }: PadNode, { quantization }: TensorType): number =>
  quantization ? quantize(attributes.value, quantization) : Math.fround(attributes.value);

/** Index along an axis of `size` that padded index `index - before` stands for; -1 for the fill value. */
export function padSource(mode: PadNode['attributes']['mode'], size: number, index: number): number {
  if (index >= 0 && index < size) return index;
  switch (mode) {
    case 'constant':
      return -1;
    case 'edge':
      return index < 0 ? 0 : size - 1;
    case 'reflect':
      return index < 0 ? -index : 2 * (size - 1) - index;
  }
}

/** Adds elements around a value: a constant, the edge or its mirror image. f32 or u8. */
export const pad = defineOperation({
  op: 'pad',
  arity: [1, 1],
  schema,
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    const rank = x.shape.length;
    const { pads, mode } = node.attributes;
    if (pads.length !== 2 * rank) {
      rejectNode(node, `pads must have ${2 * rank} entries for ${formatShape(x.shape)}, got ${pads.length}`);
    }
    const widest = x.shape.map((_, i) => Math.max(pads[i] ?? 0, pads[i + rank] ?? 0));
    if (mode === 'reflect' && widest.some((width, i) => width >= (x.shape[i] ?? 0))) {
      rejectNode(node, `pads ${formatShape(pads)} reflect more than ${formatShape(x.shape)} has`);
    }
    const shape = x.shape.map((size, i) => size + (pads[i] ?? 0) + (pads[i + rank] ?? 0));
    return [movedOutput(node, x, shape)];
  },
});

export const padReference: Reference<PadNode> = (node, inputs, [out]) => {
  const x = required(node, inputs, 0);
  const { shape } = out ?? rejectNode(node, 'has no output');
  const strides = stridesOf(x.shape);
  const offsets = shape.map((padded, axis) =>
    Array.from({ length: padded }, (_, i) => {
      const index = i - (node.attributes.pads[axis] ?? 0);
      return padSource(node.attributes.mode, x.shape[axis] ?? 1, index) * (strides[axis] ?? 1);
    }),
  );
  return [gather(x, shape, offsets, padFill(node, x.type))];
};
