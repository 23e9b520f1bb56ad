import type { WeightBits } from '../../graph/tensor.js';
import { addScaled, cholesky, dot, mirrorLower, type SquareMatrix, squareMatrix } from './linear-algebra.js';
import { type Levels, levelsOf, type QuantizedRows, type RealRows, toLevel } from './weights.js';

/** Share of the mean of the diagonal that is added to it, so that the matrix can be factorised. */
const damping = 0.01;
/** Rounds of refitting a row's scale and revisiting each of its weights. */
const refinements = 4;
/** Sweeps over a row's weights within a round. */
const sweeps = 8;

/**
 * Rounds weights so that the layer's output changes least, rather than the weights: least (w - sq) H (w - sq)' for
 * each row, where H (lower triangle given) is the second moment of what the weights are multiplied with.
 *
 * First one pass that lets later weights make up for the rounding error of earlier ones (the order and objective
 * of GPTQ, Frantar et al. 2022, arXiv:2210.17323; here in the form of successive cancellation on the Cholesky factor
 * of H, which gives the same integers without an inverse). Then coordinate descent over the integers, alternating
 * with the least-squares scale of each row. Never worse than its start in the damped objective.
 *
 * @param moment Lower triangle of H, `weights.columns` square; its diagonal is damped and its upper triangle filled.
 */
export function roundCompensated(
  weights: RealRows,
  scales: Float32Array,
  bits: WeightBits,
  moment: SquareMatrix,
): QuantizedRows {
  damp(moment);
  mirrorLower(moment);
  const order = ascendingDiagonal(moment);
  const factor = permuted(moment, order);
  const levels = levelsOf(bits);
  const result = { q: new Int8Array(weights.rows * weights.columns), scales: scales.slice() };
  const positiveDefinite = cholesky(factor);
  for (let row = 0; row < weights.rows; row++) {
    const w = Float64Array.from(
      { length: weights.columns },
      (_, k) => weights.data[row * weights.columns + k] ?? 0,
    );
    const scale = scales[row] ?? 1;
    const start = positiveDefinite
      ? cancelSuccessively(w, scale, levels, factor, order)
      : w.map((x) => toLevel(x / scale, levels));
    const refined = refine(w, start, scale, levels, moment);
    result.q.set(refined.q, row * weights.columns);
    result.scales[row] = refined.scale;
  }
  return result;
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
  w: Float64Array,
  scale: number,
  levels: Levels,
  { size, data }: SquareMatrix,
  order: Int32Array,
): Float64Array {
  const q = new Float64Array(size);
  const carried = new Float64Array(size);
  for (let i = size - 1; i >= 0; i--) {
    const k = order[i] ?? 0;
    const weight = w[k] ?? 0;
    const target = weight + (carried[i] ?? 0) / (data[i * size + i] as number);
    const level = toLevel(target / scale, levels);
    q[k] = level;
    addScaled(carried, weight - scale * level, data, i * size, i);
  }
  return q;
}

function refine(
  w: Float64Array,
  q: Float64Array,
  scale: number,
  levels: Levels,
  moment: SquareMatrix,
): { readonly q: Float64Array; readonly scale: number } {
  const { size, data } = moment;
  const hw = Float64Array.from({ length: size }, (_, k) => dot(data, k * size, w, 0, size));
  const hq = Float64Array.from({ length: size }, (_, k) => dot(data, k * size, q, 0, size));
  let best = scale;
  for (let round = 0; round < refinements; round++) {
    const fitted = dot(q, 0, hw, 0, size) / dot(q, 0, hq, 0, size);
    if (fitted > 0 && Number.isFinite(fitted)) best = Math.max(Math.fround(fitted), 2 ** -120);
    if (!descend(q, best, levels, moment, hw, hq)) break;
  }
  return { q, scale: best };
}

/** Moves single weights to better levels until none is left; false if there was none. */
function descend(
  q: Float64Array,
  scale: number,
  levels: Levels,
  { size, data }: SquareMatrix,
  hw: Float64Array,
  hq: Float64Array,
): boolean {
  let moved = false;
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let movedNow = false;
    for (let k = 0; k < size; k++) {
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
