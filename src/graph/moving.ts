import { scaleOf } from './elementwise.js';
import { type AnyNode, type ReferenceInput, rejectNode } from './operation.js';
import { allocate, elementCount, type Quantization, type Tensor, type TensorType } from './tensor.js';

export const sameQuantization = (a: Quantization, b: Quantization): boolean =>
  a.scale === b.scale && a.zeroPoint === b.zeroPoint;

/** Output type of an operation that only moves elements: a u8 input passes its quantization on unchanged. */
export function movedOutput(node: AnyNode, x: TensorType, shape: readonly number[]): TensorType {
  if (x.dtype === 'f32') return { dtype: 'f32', shape };
  if (x.dtype !== 'u8') rejectNode(node, `input must be f32 or u8, got ${x.dtype}`);
  const quantization = scaleOf(node, x);
  if (node.quantization && !sameQuantization(node.quantization, quantization)) {
    rejectNode(node, 'moves bytes, so its quantization must be that of its input: add a requantize');
  }
  return { dtype: 'u8', shape, quantization };
}

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): readonly number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = (strides[i + 1] ?? 1) * (shape[i + 1] ?? 1);
  return strides;
}

/**
 * Gathers an output whose element at `[i, j, ...]` is `x.data[offsets[0][i] + offsets[1][j] + ...]`, or `fill`
 * where any of the offsets is negative.
 */
export function gather(
  x: ReferenceInput,
  shape: readonly number[],
  offsets: readonly (readonly number[])[],
  fill = 0,
): Tensor {
  const data = allocate(x.dtype, elementCount(shape));
  let written = 0;
  const walk = (axis: number, base: number): void => {
    if (axis === shape.length) {
      data[written++] = base < 0 ? fill : (x.data[base] ?? 0);
      return;
    }
    for (const offset of offsets[axis] ?? []) walk(axis + 1, base < 0 || offset < 0 ? -1 : base + offset);
  };
  walk(0, 0);
  return { dtype: x.dtype, shape, data };
}
