import { byteSize, elementCount } from '../../graph/tensor.js';
import { matrixUnits, spanUnits } from '../kernels/tensor-units.js';
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
  const type = size === 1 ? 'u8' : 'f32';
  const matrix = matrixTranspose(walks);
  if (matrix) {
    const { matrices, rows, columns } = matrix;
    context.program.call(`${type}_transpose_matrix`, matrixUnits(matrices, columns), {
      input: source,
      output: output.at,
      rows,
      columns,
    });
    return;
  }
  context.program.call(`${type}_transpose`, spanUnits(elementCount(shape)), {
    input: source,
    output: output.at,
    ...dimensionFields(walks, rank, ['stride']),
  });
}

interface MatrixTranspose {
  readonly matrices: number;
  readonly rows: number;
  readonly columns: number;
}

/** Whether the walk turns dense matrices [rows, columns] around: their columns come outside, one element apart. */
function matrixTranspose(walks: readonly Walk[]): MatrixTranspose | undefined {
  const [columns, rows] = walks.slice(-2);
  const outer = walks.length === 3 ? walks[0] : undefined;
  if (!columns || !rows || walks.length > 3) return undefined;
  const apart = columns.strides[0] === 1 && rows.strides[0] === columns.size;
  const together = !outer || outer.strides[0] === rows.size * columns.size;
  return apart && together
    ? { matrices: outer?.size ?? 1, rows: rows.size, columns: columns.size }
    : undefined;
}

/** Moves a pointer by a number of elements. */
export const advance = (at: Pointer, elements: number, size: number): Pointer =>
  pointer(at.buffer, at.offset + elements * size);
