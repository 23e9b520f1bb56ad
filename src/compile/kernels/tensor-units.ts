/** Elements of the output that a work unit of an elementwise kernel takes. */
export const elementsPerUnit = 1024;

/** Work units of an elementwise kernel, `u8_transpose` and `f32_transpose`. */
export function spanUnits(elements: number): number {
  return Math.ceil(elements / elementsPerUnit);
}

/** Work units of softmax and reductions over the middle of [outer, axis, inner]. */
export function columnGroupUnits(outer: number, inner: number): number {
  return outer * Math.ceil(inner / 4);
}

/** Work units of `u8_transpose_matrix` and `f32_transpose_matrix`. */
export function matrixUnits(matrices: number, columns: number): number {
  return matrices * Math.ceil(columns / 16);
}

/** Work units of `u8_quantize_planes`. */
export function planeUnits(images: number, pixels: number): number {
  return images * Math.ceil(pixels / 64);
}
