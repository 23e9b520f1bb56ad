import type { NirNode } from './file.js';
import { jointType } from './file.js';
import type { NumberArray } from './hdf5.js';
import { refuse } from './unsupported.js';

/** `matrix * x + bias` in double precision; no matrix stands for the identity. */
export interface LinearMap {
  readonly rows: number;
  readonly columns: number;
  /** Row-major. */
  readonly matrix: Float64Array | undefined;
  readonly bias: Float64Array | undefined;
}

/** Multiplications in the product of two matrices. */
const greatestProduct = 2 ** 30;

export const identity = (size: number): LinearMap => ({
  rows: size,
  columns: size,
  matrix: undefined,
  bias: undefined,
});

/** A matrix, the identity written out. */
export function matrixOf({ rows, columns, matrix }: LinearMap): Float64Array {
  if (matrix) return matrix;
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) data[i * columns + i] = 1;
  return data;
}

function multiply(outer: LinearMap, inner: LinearMap): Float64Array {
  const [a, b] = [matrixOf(outer), matrixOf(inner)];
  const { rows, columns: length } = outer;
  const { columns } = inner;
  if (rows * length * columns > greatestProduct)
    refuse('the matrices of a loop are too large to be multiplied');
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < length; k++) {
      const weight = a[i * length + k] ?? 0;
      for (let j = 0; j < columns; j++) {
        data[i * columns + j] = (data[i * columns + j] ?? 0) + weight * (b[k * columns + j] ?? 0);
      }
    }
  }
  return data;
}

function appliedTo(
  { rows, columns, matrix, bias }: LinearMap,
  x: Float64Array | undefined,
): Float64Array | undefined {
  if (!x) return bias;
  if (!matrix) return x;
  return Float64Array.from({ length: rows }, (_, i) => {
    const row = matrix.subarray(i * columns, (i + 1) * columns);
    return row.reduce((sum, weight, j) => sum + weight * (x[j] ?? 0), bias?.[i] ?? 0);
  });
}

/** First `inner`, then `outer`. */
function compose(outer: LinearMap, inner: LinearMap): LinearMap {
  const bias = appliedTo(outer, inner.bias);
  const shape = { rows: outer.rows, columns: inner.columns, bias };
  if (!inner.matrix) return { ...shape, matrix: outer.matrix };
  return { ...shape, matrix: outer.matrix ? multiply(outer, inner) : inner.matrix };
}

/** The sum of two maps of one size. */
export function plus(a: LinearMap, b: LinearMap): LinearMap {
  const other = matrixOf(b);
  const matrix = Float64Array.from(matrixOf(a), (value, i) => value + (other[i] ?? 0));
  const bias =
    a.bias && b.bias
      ? Float64Array.from(a.bias, (value, i) => value + (b.bias?.[i] ?? 0))
      : (a.bias ?? b.bias);
  return { rows: a.rows, columns: a.columns, matrix, bias };
}

/** Weight and bias of an Affine or Linear node. Throws `invalid-model` where they do not fit together. */
export function weightsOf({ fields, type }: NirNode): {
  readonly weight: NumberArray;
  readonly bias?: Float64Array;
} {
  const array = fields.array('weight');
  if (array.shape.length > 2)
    refuse(`weight has ${array.shape.length} dimensions, only matrices are supported`);
  const weight = fields.arrayOfRank('weight', 2);
  if (type !== 'Affine') return { weight };
  const [rows = 0] = weight.shape;
  const bias = fields.array('bias');
  if (bias.data.length !== rows)
    fields.reject('bias', `has ${bias.data.length} numbers, but weight has ${rows} rows`);
  return { weight, bias: bias.data };
}

function scaled(map: LinearMap, { fields }: NirNode): LinearMap {
  const { rows, columns } = map;
  const { data } = fields.array('scale');
  if (data.length !== rows && data.length !== 1) {
    fields.reject('scale', `has ${data.length} numbers, but gets ${rows} values`);
  }
  const factor = (row: number): number => data[data.length === 1 ? 0 : row] ?? 0;
  const matrix = matrixOf(map).map((weight, i) => weight * factor(Math.floor(i / columns)));
  return { rows, columns, matrix, bias: map.bias?.map((value, i) => value * factor(i)) };
}

/** What a node in a loop makes of what leads to it. Throws `Unsupported` for nodes that are not linear. */
export function through(node: NirNode, inner: LinearMap): LinearMap {
  const { fields, type } = node;
  if (type === jointType || type === 'Flatten') return inner;
  if (type === 'Scale') return scaled(inner, node);
  if (type !== 'Affine' && type !== 'Linear') refuse(`a loop cannot lead through ${type}`);
  const { weight, bias } = weightsOf(node);
  const [rows = 0, columns = 0] = weight.shape;
  if (columns !== inner.rows)
    fields.reject('weight', `has ${columns} columns, but gets ${inner.rows} values`);
  return compose({ rows, columns, matrix: weight.data, bias }, inner);
}
