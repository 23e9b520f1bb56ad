import { SpikeletError } from '../error.js';
import type { Pixels } from './pixels.js';
import { randomIntegers } from './random.js';

/** A picture of a data set, with the index of its class. */
export interface LabelledImage {
  /** Where it comes from, for messages: a file's path or `test_batch #12`. */
  readonly name: string;
  readonly label: number;
  readonly pixels: Pixels;
}

/** Pictures with classes, read one at a time. */
export interface Dataset {
  /** What it was opened from. */
  readonly name: string;
  readonly classes: readonly string[];
  readonly length: number;
  /** Picture `index`, 0 to length - 1. Throws `invalid-input`, naming the picture, if it cannot be decoded. */
  read(index: number): Promise<LabelledImage>;
  close(): void;
}

/** Which part of a data set that comes in two. */
export type Split = 'train' | 'test';

/**
 * Indices of at most `limit` pictures, ascending: all of them, or a sample without repetition that depends on `seed`
 * alone.
 */
export function sampleIndices(length: number, limit: number, seed = 0): readonly number[] {
  const indices = Array.from({ length }, (_, i) => i);
  if (limit >= length) return indices;
  const random = randomIntegers(seed);
  for (let i = 0; i < limit; i++) {
    const j = i + random(length - i);
    [indices[i], indices[j]] = [indices[j] ?? 0, indices[i] ?? 0];
  }
  return indices.slice(0, limit).sort((a, b) => a - b);
}

/**
 * For each class of a data set the index of the model's output that means it, by name (case, blanks and
 * punctuation aside). Without labels the data set's own order is taken, if the numbers of classes agree.
 */
export function matchClasses(
  dataset: Pick<Dataset, 'name' | 'classes'>,
  labels: readonly string[] | undefined,
  outputs: number,
): readonly number[] {
  const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  if (!labels) {
    if (dataset.classes.length === outputs) return dataset.classes.map((_, i) => i);
    throw new SpikeletError(
      'invalid-input',
      `the data has ${dataset.classes.length} classes, the model ${outputs} outputs without names`,
      { where: dataset.name },
    );
  }
  const index = new Map(labels.map((label, i) => [plain(label), i]));
  const unknown = dataset.classes.filter((name) => !index.has(plain(name)));
  if (unknown.length > 0) {
    throw new SpikeletError(
      'invalid-input',
      `the model does not know the classes ${unknown.join(', ')}; it knows ${labels.join(', ')}`,
      { where: dataset.name },
    );
  }
  return dataset.classes.map((name) => index.get(plain(name)) ?? 0);
}
