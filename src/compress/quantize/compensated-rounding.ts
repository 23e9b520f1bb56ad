import type { WeightBits } from '../../graph/tensor.js';
import { addScaled, cholesky, dot, mirrorLower, type SquareMatrix, squareMatrix } from './linear-algebra.js';
import {
  type Levels,
  levelsOf,
  type QuantizedRows,
  type RealRows,
  smallestScale,
  toLevel,
} from './weights.js';

/** Share of the mean of the diagonal that is added to it, so that the matrix can be factorised. */
const damping = 0.01;
/** Rows that go through a matrix together, so that it is read from memory once for all of them. */
const rowsTogether = 16;
/** Rounds of refitting a row's scale and revisiting each of its weights. */
const refinements = 4;
/** Sweeps over a row's weights within a round. */
const sweeps = 8;

/** Second moments of some of the columns of a layer's weights: lower triangle, columns from `from`. */
export interface MomentBlock {
  readonly from: number;
  readonly moment: SquareMatrix;
}

/** A block made ready: damped and whole, with its Cholesky factor in ascending order of the diagonal. */
interface Prepared extends MomentBlock {
  readonly order: Int32Array;
  /** None where the matrix could not be factorised. */
  readonly factor: SquareMatrix | undefined;
}

/**
 * Rounds weights so that the layer's output changes least, rather than the weights: least (w - sq) H (w - sq)' for
 * each row, where H is the second moment of what the weights are multiplied with, in blocks of columns.
 *
 * First one pass that lets later weights make up for the rounding error of earlier ones (the order and objective
 * of GPTQ, Frantar et al. 2022, arXiv:2210.17323; here in the form of successive cancellation on the Cholesky factor
 * of H, which needs no inverse). Then coordinate descent over the integers, alternating with the least-squares scale
 * of each row. Weights that are zero stay so: what was pruned is not to be made up with.
 *
 * @param least Smallest scale of each row.
 * @param blocks Changed: each diagonal is damped and each upper triangle filled.
 */
export function roundCompensated(
  weights: RealRows,
  scales: Float32Array,
  least: ArrayLike<number>,
  bits: WeightBits,
  blocks: readonly MomentBlock[],
): QuantizedRows {
  const { rows, columns } = weights;
  const prepared = blocks.map(prepare);
  const levels = levelsOf(bits);
  const result = { q: new Int8Array(rows * columns), scales: scales.slice() };
  for (let first = 0; first < rows; first += rowsTogether) {
    const last = Math.min(rows, first + rowsTogether);
    const real = Array.from({ length: last - first }, (_, i) => realRow(weights, first + i));
    const partsByBlock = prepared.map((block) =>
      startRows(block, real, scales.subarray(first, last), levels),
    );
    for (let row = first; row < last; row++) {
      const parts = partsByBlock.flatMap((parts) => parts[row - first] ?? []);
      result.scales[row] = refine(parts, scales[row] ?? 1, Math.max(least[row] ?? 0, smallestScale), levels);
      for (const { from, q } of parts) result.q.set(q, row * columns + from);
    }
  }
  return result;
}

const realRow = ({ data, columns }: RealRows, row: number): Float64Array =>
  Float64Array.from({ length: columns }, (_, k) => data[row * columns + k] ?? 0);

function prepare({ from, moment }: MomentBlock): Prepared {
  damp(moment);
  mirrorLower(moment);
  const order = ascendingDiagonal(moment);
  const factor = permuted(moment, order);
  return { from, moment, order, factor: cholesky(factor) ? factor : undefined };
}

function damp({ size, data }: SquareMatrix): void {
  let trace = 0;
  for (let i = 0; i < size; i++) trace += data[i * size + i] ?? 0;
  const added = trace > 0 ? (damping * trace) / size : 1;
  for (let i = 0; i < size; i++) data[i * size + i] = (data[i * size + i] ?? 0) + added;
}

function ascendingDiagonal({ size, data }: SquareMatrix): Int32Array {
  const diagonal = (i: number): number => data[i * size + i] ?? 0;
  return Int32Array.from({ length: size }, (_, i) => i).sort((a, b) => diagonal(a) - diagonal(b) || a - b);
}

function permuted({ size, data }: SquareMatrix, order: Int32Array): SquareMatrix {
  const result = squareMatrix(size);
  for (let i = 0; i < size; i++) {
    const row = (order[i] ?? 0) * size;
    for (let j = 0; j <= i; j++) result.data[i * size + j] = data[row + (order[j] ?? 0)] as number;
  }
  return result;
}

/**
 * With H = L L', the objective is the sum over j of (sum over i >= j of e_i L_ij)^2: from the last weight to the
 * first, each integer is the one that brings its own term nearest to zero given the errors of those before it.
 */
function cancelSuccessively(
  rows: readonly Float64Array[],
  scales: Float32Array,
  levels: Levels,
  { size, data }: SquareMatrix,
  order: Int32Array,
): readonly Float64Array[] {
  const states = rows.map((w, r) => ({
    w,
    scale: scales[r] ?? 1,
    q: new Float64Array(size),
    carried: new Float64Array(size),
  }));
  for (let i = size - 1; i >= 0; i--) {
    const k = order[i] ?? 0;
    const own = data[i * size + i] as number;
    for (const { w, scale, q, carried } of states) {
      const weight = w[k] ?? 0;
      if (weight === 0) continue;
      const level = toLevel((weight + (carried[i] ?? 0) / own) / scale, levels);
      q[k] = level;
      addScaled(carried, weight - scale * level, data, i * size, i);
    }
  }
  return states.map(({ q }) => q);
}

/** The weights of one row in one block while they are being rounded. */
interface Part {
  readonly from: number;
  readonly moment: SquareMatrix;
  /** The real weights. */
  readonly w: Float64Array;
  readonly q: Float64Array;
  /** H times the real weights, and H times the integers. */
  readonly hw: Float64Array;
  readonly hq: Float64Array;
}

/** The start of some rows in one block. */
function startRows(
  { from, moment, factor, order }: Prepared,
  real: readonly Float64Array[],
  scales: Float32Array,
  levels: Levels,
): readonly Part[] {
  const rows = real.map((row) => row.subarray(from, from + moment.size));
  const q = factor
    ? cancelSuccessively(rows, scales, levels, factor, order)
    : rows.map((w, r) => w.map((x) => toLevel(x / (scales[r] ?? 1), levels)));
  const hw = products(moment, rows);
  const hq = products(moment, q);
  return q.map((own, r) => ({
    from,
    moment,
    w: rows[r] ?? new Float64Array(),
    q: own,
    hw: hw[r] ?? new Float64Array(),
    hq: hq[r] ?? new Float64Array(),
  }));
}

/** A matrix times each of some vectors. */
function products({ size, data }: SquareMatrix, vectors: readonly Float64Array[]): readonly Float64Array[] {
  const results = vectors.map(() => new Float64Array(size));
  for (let k = 0; k < size; k++) {
    vectors.forEach((vector, r) => {
      const result = results[r];
      if (result) result[k] = dot(data, k * size, vector, 0, size);
    });
  }
  return results;
}

/** Alternates the best scale for the integers with the best integers for the scale, which it returns. */
function refine(parts: readonly Part[], scale: number, least: number, levels: Levels): number {
  let best = scale;
  for (let round = 0; round < refinements; round++) {
    const along = parts.reduce((sum, { q, hw }) => sum + dot(q, 0, hw, 0, q.length), 0);
    const square = parts.reduce((sum, { q, hq }) => sum + dot(q, 0, hq, 0, q.length), 0);
    if (along > 0 && square > 0) best = Math.fround(Math.max(along / square, least));
    const moved = parts.map((part) => descend(part, best, levels));
    if (!moved.includes(true)) break;
  }
  return best;
}

/** Moves single weights to better levels until none is left; false if there was none. */
function descend({ moment, w, q, hw, hq }: Part, scale: number, levels: Levels): boolean {
  const { size, data } = moment;
  let moved = false;
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let movedNow = false;
    for (let k = 0; k < size; k++) {
      if (w[k] === 0) continue;
      const gradient = (hw[k] as number) / scale - (hq[k] as number);
      const current = q[k] as number;
      const step = toLevel(current + gradient / (data[k * size + k] as number), levels) - current;
      if (step === 0) continue;
      q[k] = current + step;
      addScaled(hq, step, data, k * size, size);
      movedNow = true;
    }
    if (!movedNow) break;
    moved = true;
  }
  return moved;
}
