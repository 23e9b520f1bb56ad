import { existsSync } from 'node:fs';
import type { Graph, ImageMeaning, Meaning } from '../graph/graph.js';
import { inferTypes } from '../graph/types.js';
import type { Given, OptionSpec } from './command.js';
import { readWhole } from './files.js';
import { UsageError } from './io.js';
import { choiceIn, numbersIn, valueIn } from './parse.js';

/** Options that say what a model's numbers mean, for files that do not. */
export const meaningOptions: Readonly<Record<string, OptionSpec>> = {
  mean: { value: '<r,g,b>', help: 'mean of each channel of the image input, in units of 0 to 1' },
  std: { value: '<r,g,b>', help: 'standard deviation of each channel of the image input' },
  channels: { value: '<order>', help: 'order of the channels: rgb (default), bgr or gray' },
  labels: { value: '<file | a,b,c>', help: 'class names: a file with one a line, or a list' },
};

/** Of the first input and the first output, where the options say so. */
export interface Meanings {
  readonly image: ImageMeaning | undefined;
  readonly labels: readonly string[] | undefined;
}

/** What the options say. Throws {@link UsageError}, and `not-found` for a file of labels that cannot be read. */
export const meaningsIn = (given: Given): Meanings => ({
  image: imageMeaning(given),
  labels: labelsIn(given),
});

/** The graph with the given meanings. Throws {@link UsageError} where there are not as many labels as classes. */
export function withMeanings(graph: Graph, { image, labels }: Meanings): Graph {
  if (labels) checkLabels(graph, labels);
  const classes: Meaning | undefined = labels && { kind: 'classes', labels };
  const first = <T extends object>(items: readonly T[], meaning: Meaning | undefined): readonly T[] =>
    items.map((item, i) => (meaning && i === 0 ? { ...item, meaning } : item));
  return { ...graph, inputs: first(graph.inputs, image), outputs: first(graph.outputs, classes) };
}

function imageMeaning(given: Given): ImageMeaning | undefined {
  const mean = numbersIn(given, 'mean');
  const std = numbersIn(given, 'std');
  const channels = choiceIn(given, 'channels', ['rgb', 'bgr', 'gray']);
  if (!mean && !std && !channels) return undefined;
  const count = channels === 'gray' ? 1 : 3;
  const meaning = {
    kind: 'image',
    channels: channels ?? 'rgb',
    mean: mean ?? new Array<number>(count).fill(0),
    std: std ?? new Array<number>(count).fill(1),
  } as const;
  if (meaning.mean.length !== count || meaning.std.length !== count || meaning.std.some((x) => x <= 0)) {
    throw new UsageError(`--mean and --std need ${count} numbers each, those of --std above 0`);
  }
  return meaning;
}

function checkLabels(graph: Graph, { length }: readonly string[]): void {
  const classes = inferTypes(graph)
    .get(graph.outputs[0]?.name ?? '')
    ?.shape.at(-1);
  if (classes !== length) {
    throw new UsageError(`--labels gives ${length} names, but the model has ${classes} classes`);
  }
}

function labelsIn(given: Given): readonly string[] | undefined {
  const text = valueIn(given, 'labels');
  if (text === undefined) return undefined;
  const isFile = existsSync(text);
  if (!isFile && !text.includes(',')) throw new UsageError(`--labels: there is no file '${text}'`);
  const names = isFile ? new TextDecoder().decode(readWhole(text)).split('\n') : text.split(',');
  return names.map((name) => name.trim()).filter((name) => name !== '');
}
