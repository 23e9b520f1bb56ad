/** A square matrix of doubles, row-major. */
export interface SquareMatrix {
  readonly size: number;
  readonly data: Float64Array;
}

export const squareMatrix = (size: number): SquareMatrix => ({ size, data: new Float64Array(size * size) });

/** Rows and columns of a block that stays in the caches. */
const panel = 64;

/** Dot product of `count` elements of `a` from `i` and of `b` from `j`. */
export function dot(a: Float64Array, i: number, b: Float64Array, j: number, count: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 4 <= count; k += 4) {
    s0 += (a[i + k] as number) * (b[j + k] as number);
    s1 += (a[i + k + 1] as number) * (b[j + k + 1] as number);
    s2 += (a[i + k + 2] as number) * (b[j + k + 2] as number);
    s3 += (a[i + k + 3] as number) * (b[j + k + 3] as number);
  }
  for (; k < count; k++) s0 += (a[i + k] as number) * (b[j + k] as number);
  return s0 + s1 + (s2 + s3);
}

/** Adds `factor` times `count` elements of `source` from `from` to `target`. */
export function addScaled(
  target: Float64Array,
  factor: number,
  source: Float64Array,
  from: number,
  count: number,
): void {
  for (let i = 0; i < count; i++) target[i] = (target[i] as number) + factor * (source[from + i] as number);
}

/** Columns of a tile of dot products that are computed together. */
const tileColumns = 4;

/**
 * Adds `factor` times the dot products of the vectors `i`, `i + 1` of `a` with the vectors `j`..`j + 3` of `b`, each of
 * `count` elements and `stride` apart, to `target` at `i, j`.
 */
function addDotTile(
  { size, data: target }: SquareMatrix,
  factor: number,
  { data, stride, offset, count }: Vectors,
  i: number,
  j: number,
): void {
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let a = i * stride + offset;
  let b0 = j * stride + offset;
  const end = a + count;
  for (; a < end; a++, b0++) {
    const x0 = data[a] as number;
    const x1 = data[a + stride] as number;
    const y0 = data[b0] as number;
    const y1 = data[b0 + stride] as number;
    const y2 = data[b0 + 2 * stride] as number;
    const y3 = data[b0 + 3 * stride] as number;
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3;
  }
  addFour(target, i * size + j, factor, s00, s01, s02, s03);
  addFour(target, (i + 1) * size + j, factor, s10, s11, s12, s13);
}

function addFour(
  target: Float64Array,
  at: number,
  factor: number,
  s0: number,
  s1: number,
  s2: number,
  s3: number,
): void {
  target[at] = (target[at] as number) + factor * s0;
  target[at + 1] = (target[at + 1] as number) + factor * s1;
  target[at + 2] = (target[at + 2] as number) + factor * s2;
  target[at + 3] = (target[at + 3] as number) + factor * s3;
}

/** Vectors of `count` elements that start `stride` apart, the first at `offset`. */
interface Vectors {
  readonly data: Float64Array;
  readonly stride: number;
  readonly offset: number;
  readonly count: number;
}

/** Adds `factor` times the dot products of vectors to the lower triangle of `target`, rows and columns from `from`. */
function addProducts(target: SquareMatrix, factor: number, vectors: Vectors, from: number): void {
  const { size, data } = target;
  for (let column = from; column < size; column += panel) {
    const columnEnd = Math.min(size, column + panel);
    let i = column;
    for (; i + 2 <= size; i += 2) {
      let j = column;
      const last = Math.min(i + 1, columnEnd);
      for (; j + tileColumns <= last; j += tileColumns) addDotTile(target, factor, vectors, i, j);
      addRow(data, size, factor, vectors, i, j, Math.min(i + 1, columnEnd));
      addRow(data, size, factor, vectors, i + 1, j, Math.min(i + 2, columnEnd));
    }
    if (i < size) addRow(data, size, factor, vectors, i, column, Math.min(i + 1, columnEnd));
  }
}

function addRow(
  target: Float64Array,
  size: number,
  factor: number,
  { data, stride, offset, count }: Vectors,
  i: number,
  from: number,
  end: number,
): void {
  for (let j = from; j < end; j++) {
    const at = i * size + j;
    target[at] =
      (target[at] as number) + factor * dot(data, i * stride + offset, data, j * stride + offset, count);
  }
}

/**
 * Adds the outer products of `rows` vectors with themselves to the lower triangle of `sum`. `columns` holds the
 * vectors transposed: element `i` of vector `r` at `i * rows + r`.
 */
export function addOuterProducts(sum: SquareMatrix, columns: Float64Array, rows: number): void {
  addProducts(sum, 1, { data: columns, stride: rows, offset: 0, count: rows }, 0);
}

/** Copies the lower triangle onto the upper one. */
export function mirrorLower({ size, data }: SquareMatrix): void {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) data[j * size + i] = data[i * size + j] as number;
  }
}

/**
 * Replaces the lower triangle of a symmetric positive definite matrix by its Cholesky factor L, matrix = L times
 * its transpose; the upper triangle is left as it is. Returns false if the matrix is not positive definite.
 */
export function cholesky({ size, data }: SquareMatrix): boolean {
  for (let start = 0; start < size; start += panel) {
    const end = Math.min(size, start + panel);
    for (let i = start; i < size; i++) {
      const row = i * size;
      for (let j = start; j < Math.min(i + 1, end); j++) {
        const rest = (data[row + j] as number) - dot(data, row + start, data, j * size + start, j - start);
        if (i === j && !(rest > 0)) return false;
        data[row + j] = i === j ? Math.sqrt(rest) : rest / (data[j * size + j] as number);
      }
    }
    addProducts({ size, data }, -1, { data, stride: size, offset: start, count: end - start }, end);
  }
  return true;
}
