import { type AttributesOf, axis, number } from '../attributes.js';
import { alongAxisOutput } from '../lines.js';
import { defineOperation, type NodeOf, type Reference, rejectNode, required } from '../operation.js';
import { elementCount, formatType, sameShape } from '../tensor.js';

const schema = {
  /** The first of the axes that are normalized together; the last one is the innermost. */
  axis: axis(),
  epsilon: number(1e-5),
} as const;

export type LayerNormNode = NodeOf<'layerNorm', AttributesOf<typeof schema>>;

/**
 * (x - mean) / sqrt(variance + epsilon) * scale + bias, mean and variance over all axes from `axis` on, f32. Inputs x,
 * scale and optionally bias, both of the shape of the normalized axes.
 *
 * Every step is rounded to f32, and sums are made of eight, so that what is quantized afterwards has the same bytes
 * everywhere; see {@link sumOf}.
 */
export const layerNorm = defineOperation({
  op: 'layerNorm',
  arity: [2, 3],
  schema,
  infer(node, inputs) {
    const x = required(node, inputs, 0);
    const output = alongAxisOutput(node, x, node.attributes.axis);
    required(node, inputs, 1);
    for (const type of inputs.slice(1)) {
      if (type && (type.dtype !== 'f32' || !sameShape(type.shape, x.shape.slice(node.attributes.axis)))) {
        rejectNode(node, `scale and bias must be f32 over the normalized axes, got ${formatType(type)}`);
      }
    }
    return [output];
  },
});

const f32 = Math.fround;

/** The sum of eight sums of every eighth number, of which the first four take what is left of the last eight. */
function sumOf(numbers: readonly number[]): number {
  const whole = numbers.length & ~7;
  const sums = new Float32Array(8);
  numbers.forEach((number, i) => {
    const lane = i < whole ? i % 8 : i % 4;
    sums[lane] = (sums[lane] ?? 0) + number;
  });
  const [a = 0, b = 0, c = 0, d = 0] = sums.subarray(0, 4).map((sum, i) => sum + (sums[i + 4] ?? 0));
  return f32(f32(a + c) + f32(b + d));
}

export const layerNormReference: Reference<LayerNormNode> = (node, inputs) => {
  const x = required(node, inputs, 0);
  const scale = required(node, inputs, 1).data;
  const bias = inputs[2]?.data;
  const { axis: first, epsilon } = node.attributes;
  const count = elementCount(x.shape.slice(first));
  const data = new Float32Array(x.data.length);
  for (let start = 0; start < data.length; start += count) {
    const row = Array.from(x.data.subarray(start, start + count));
    const mean = f32(sumOf(row) / count);
    const centred = row.map((value) => f32(value - mean));
    const variance = f32(sumOf(centred.map((value) => f32(value * value))) / count);
    const factor = f32(1 / f32(Math.sqrt(f32(variance + f32(epsilon)))));
    centred.forEach((value, i) => {
      data[start + i] = f32(f32(f32(value * factor) * (scale[i] ?? 0)) + (bias?.[i] ?? 0));
    });
  }
  return [{ dtype: 'f32', shape: x.shape, data }];
};
