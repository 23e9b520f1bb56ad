/** A class and its share of belief. */
export interface ScoredClass {
  readonly index: number;
  readonly label: string;
  /** From 0 to 1, over all classes together 1. */
  readonly probability: number;
}

/** Scores as probabilities: as they are if they are probabilities already, else their softmax. */
export function probabilities(scores: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(scores);
  const sum = values.reduce((total, x) => total + x, 0);
  if (Math.abs(sum - 1) < 1e-3 && values.every((x) => x >= 0)) return values;
  const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const exponentials = values.map((x) => Math.exp(x - largest));
  const total = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((x) => x / total);
}

/** Indices of the `count` greatest scores, greatest first; equal scores in order of index. */
export function greatest(scores: ArrayLike<number>, count: number): readonly number[] {
  return Array.from({ length: scores.length }, (_, i) => i)
    .sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
    .slice(0, count);
}

/**
 * The most likely classes, most likely first. Classes without a label are called by their number.
 *
 * @example
 * const { logits } = await model.run({ image });
 * for (const { label, probability } of topClasses(logits.data, labels, 5)) console.log(label, probability);
 */
export function topClasses(
  scores: ArrayLike<number>,
  labels: readonly string[] | undefined,
  count: number,
): readonly ScoredClass[] {
  const likely = probabilities(scores);
  return greatest(scores, count).map((index) => ({
    index,
    label: labels?.[index] ?? `class ${index}`,
    probability: likely[index] ?? 0,
  }));
}
