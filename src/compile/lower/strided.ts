import { byteSize, elementCount } from '../../graph/tensor.js';
import { spanUnits } from '../kernels/tensor-units.js';
import { denseStrides, joinDimensions, type Walk } from '../layout.js';
import { type Pointer, pointer } from '../program.js';
import { type Context, internal, type Value } from './context.js';

const rank = 6;

/** Named fields `size0..` and `stride0..` of a strided kernel, the outermost dimensions padded with ones. */
export function dimensionFields(
  walks: readonly Walk[],
  dimensions: number,
  strideNames: readonly string[],
): Record<string, number> {
  if (walks.length > dimensions) internal(`${walks.length} dimensions do not fit in ${dimensions}`);
  const fields: Record<string, number> = {};
  const missing = dimensions - walks.length;
  for (let i = 0; i < dimensions; i++) {
    const walk = walks[i - missing];
    fields[`size${i}`] = walk?.size ?? 1;
    strideNames.forEach((name, operand) => {
      fields[`${name}${i}`] = walk?.strides[operand] ?? 0;
    });
  }
  return fields;
}

/**
 * Fills `output` (dense, in memory order `shape`) from elements of `source` at the given strides: permutes, slices,
 * reverses and repeats.
 */
export function copyStrided(
  context: Context,
  source: Pointer,
  output: Value,
  shape: readonly number[],
  strides: readonly number[],
): void {
  const size = byteSize[output.type.dtype];
  const dense = denseStrides(shape);
  const walks = joinDimensions(
    shape.map((length, i) => ({ size: length, strides: [strides[i] ?? 0, dense[i] ?? 0] })),
  );
  context.program.call(size === 1 ? 'u8_transpose' : 'f32_transpose', spanUnits(elementCount(shape)), {
    input: source,
    output: output.at,
    ...dimensionFields(walks, rank, ['stride']),
  });
}

/** Moves a pointer by a number of elements. */
export const advance = (at: Pointer, elements: number, size: number): Pointer =>
  pointer(at.buffer, at.offset + elements * size);
