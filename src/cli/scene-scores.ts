import {
  classesOf,
  confusionOf,
  type GroundTruth,
  type PixelSplit,
  parseSplit,
  scoresOf,
  splitWarnings,
} from '../data/index.js';
import { SpikeletError } from '../error.js';
import type { LegendEntry, SceneMap } from '../scenes/index.js';
import { readWhole } from './files.js';

/** What is known of a class, and how much of it the map got right. */
export interface ClassScore extends LegendEntry {
  /** Pixels of the map. */
  readonly mapped: number;
  /** Pixels that are known to be of the class and are scored, and the share of them that is right. */
  readonly known?: number;
  readonly accuracy?: number;
}

/** Shares from 0 to 1, kappa from -1 to 1. */
export interface SceneScores {
  readonly overall: number;
  readonly average: number;
  readonly kappa: number;
  /** Pixels that were scored. */
  readonly pixels: number;
}

export interface Scored {
  readonly scores?: SceneScores;
  readonly classes: readonly ClassScore[];
  readonly warnings: readonly string[];
}

/** Reads a split of the pixels of a scene. Throws `invalid-input` if it is about another scene. */
export function readSplit(path: string, { height, width, name }: GroundTruth): PixelSplit {
  const split = parseSplit(new TextDecoder().decode(readWhole(path)), path);
  if (split.height === height && split.width === width) return split;
  throw new SpikeletError(
    'invalid-input',
    `splits a scene of ${split.height}x${split.width} pixels, but ${name} has ${height}x${width}`,
    { where: path },
  );
}

/** Labels that are scored: all of them, or those of the pixels that a split tests on. */
function scoredLabels({ labels }: GroundTruth, split: PixelSplit | undefined): GroundTruth['labels'] {
  if (!split) return labels;
  const kept = labels.slice().fill(0);
  for (const pixel of split.test) kept[pixel] = labels[pixel] ?? 0;
  return kept;
}

function countOf(labels: ArrayLike<number>, label: number): number {
  let count = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === label) count++;
  return count;
}

/** Compares a map with the ground truth, where there is one. */
export function scoreMap(
  { labels, classLabels }: SceneMap,
  legend: readonly LegendEntry[],
  truth: GroundTruth | undefined,
  split: PixelSplit | undefined,
): Scored {
  const mapped = legend.map((entry) => ({ ...entry, mapped: countOf(labels, entry.label) }));
  if (!truth) return { classes: mapped, warnings: [] };
  const known = scoredLabels(truth, split);
  const confusion = confusionOf(known, labels);
  const { perClass, ...scores } = scoresOf(confusion);
  const strangers = classesOf({ labels: known }).filter((label) => !classLabels.includes(label));
  const nameOf = (label: number): string => truth.classNames?.[label] ?? `class ${label}`;
  const all = [...mapped, ...strangers.map((label) => ({ label, name: nameOf(label), mapped: 0 }))];
  const pixels = confusion.counts.flat().reduce((sum, count) => sum + count, 0);
  const warnings = split
    ? splitWarnings(split, truth)
    : ['warning: all labelled pixels are scored, also those that the model was trained on: give --split'];
  return {
    scores: { ...scores, pixels },
    classes: all.map((entry) => {
      const accuracy = perClass[confusion.classes.indexOf(entry.label)];
      const count = countOf(known, entry.label);
      return { ...entry, known: count, ...(count > 0 && accuracy !== undefined && { accuracy }) };
    }),
    warnings: [
      ...warnings,
      ...(strangers.length > 0 ? [`warning: the model has no class for label ${strangers.join(', ')}`] : []),
    ],
  };
}
