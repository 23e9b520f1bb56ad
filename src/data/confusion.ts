import { SpikeletError } from '../error.js';

/** How often pixels (or pictures) of one class were taken for another. */
export interface Confusion {
  /** Labels of the rows and columns, ascending. */
  readonly classes: readonly number[];
  /** `counts[i][j]`: how many of `classes[i]` were taken for `classes[j]`. */
  readonly counts: readonly (readonly number[])[];
}

/** Accuracies from 0 to 1, kappa from -1 to 1. */
export interface Scores {
  /** Share of all that is right (OA). */
  readonly overall: number;
  /** Mean over the classes of the share of each that is right (AA). */
  readonly average: number;
  /** Cohen's kappa: agreement beyond what the class frequencies alone would give. */
  readonly kappa: number;
  /** Share of each class that is right; NaN for a class that was never true. */
  readonly perClass: readonly number[];
}

/**
 * Compares labels with predictions, one by one; what has the label 0 is not known and not counted.
 *
 * @example
 * const { overall, average, kappa } = scoresOf(confusionOf(truth.labels, classMap));
 */
export function confusionOf(labels: ArrayLike<number>, predicted: ArrayLike<number>): Confusion {
  if (labels.length !== predicted.length) {
    throw new SpikeletError('invalid-input', `${predicted.length} predictions for ${labels.length} labels`);
  }
  const seen = new Set<number>();
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] !== 0) seen.add(labels[i] ?? 0).add(predicted[i] ?? 0);
  }
  const classes = [...seen].sort((a, b) => a - b);
  const index = new Map(classes.map((label, i) => [label, i]));
  const counts = classes.map(() => new Array<number>(classes.length).fill(0));
  for (let i = 0; i < labels.length; i++) {
    const row = labels[i] === 0 ? undefined : counts[index.get(labels[i] ?? 0) ?? -1];
    const column = index.get(predicted[i] ?? 0) ?? -1;
    if (row) row[column] = (row[column] ?? 0) + 1;
  }
  return { classes, counts };
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** OA, AA and kappa of a confusion matrix. Throws `invalid-input` if nothing was counted. */
export function scoresOf({ classes, counts }: Confusion): Scores {
  const rows = counts.map(sum);
  const columns = classes.map((_, j) => sum(counts.map((row) => row[j] ?? 0)));
  const total = sum(rows);
  if (total === 0) throw new SpikeletError('invalid-input', 'there is no labelled pixel to score');
  const perClass = counts.map((row, i) => (row[i] ?? 0) / (rows[i] ?? 0));
  const present = perClass.filter((_, i) => (rows[i] ?? 0) > 0);
  const overall = sum(counts.map((row, i) => row[i] ?? 0)) / total;
  const byChance = sum(rows.map((row, i) => (row / total) * ((columns[i] ?? 0) / total)));
  const kappa = overall === 1 ? 1 : (overall - byChance) / (1 - byChance);
  return { overall, average: sum(present) / present.length, kappa, perClass };
}
