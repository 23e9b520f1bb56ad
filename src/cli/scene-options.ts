import { SpikeletError } from '../error.js';
import type { SceneOptions } from '../scenes/index.js';
import { activityOptions } from './activity/pairs.js';
import type { Given, OptionSpec } from './command.js';
import { engineIn, engineOptions } from './engine.js';
import { UsageError } from './io.js';
import { choiceIn, integerIn, numbersIn, valueIn } from './parse.js';

export const sceneOptions: Readonly<Record<string, OptionSpec>> = {
  output: {
    value: '<map.png>',
    short: 'o',
    help: 'the picture of the class map with its legend',
    required: true,
  },
  confidence: { value: '<file.png>', help: 'how sure the model is of each pixel, black to white' },
  'label-image': { value: '<file.png>', help: 'the label of each pixel as the value of a gray one' },
  truth: { value: '<file>', help: 'known labels, to score the map: OA, AA, kappa and each class' },
  split: { value: '<file.json>', help: 'score only the pixels that this split of the labels tests on' },
  variable: { value: '<name>', help: 'which array of a MATLAB file is the cube' },
  'truth-variable': { value: '<name>', help: 'which array of a MATLAB file are the labels' },
  missing: { value: '<number>', help: 'what to take for samples that are missing or no numbers' },
  bands: { value: '<0-9,12>', help: 'bands of the cube that the model takes, from 0 (default all)' },
  normalise: {
    value: '<how>',
    help: 'minmax of the cube, bands to mean 0 and deviation 1, or none (default what the model says, else minmax)',
  },
  range: { value: '<low,high>', help: 'samples that become 0 and 1, instead of --normalise' },
  'class-labels': { value: '<1,10,11>', help: 'label of each class, in the order of the scores' },
  approach: {
    value: '<how>',
    help: 'convolutional, tile by tile, or patches; auto (default) takes tiles where the model allows',
  },
  'memory-limit': { value: '<MB>', help: 'memory that the model may take (default 268)' },
  ...(activityOptions.energy && { energy: activityOptions.energy }),
  ...engineOptions,
};

/** Positions as `0-9,12`. */
export function bandsIn(given: Given): readonly number[] | undefined {
  return valueIn(given, 'bands')
    ?.split(',')
    .flatMap((part) => {
      const [, first, last] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part.trim()) ?? [];
      const from = Number(first);
      const to = last === undefined ? from : Number(last);
      if (first === undefined || to < from) {
        throw new UsageError(`--bands must look like 0-9,12, got '${part}'`);
      }
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
}

function normalisationIn(given: Given): SceneOptions['normalisation'] {
  const how = choiceIn(given, 'normalise', ['minmax', 'bands', 'none']);
  const range = numbersIn(given, 'range');
  if (!range) return how;
  const [minimum = 0, maximum = 0] = range;
  if (how || range.length !== 2 || !(minimum < maximum)) {
    throw new UsageError('--range must be two numbers, the smaller first, and stands without --normalise');
  }
  return { kind: 'minmax', minimum, maximum };
}

/** The value that stands for missing samples. */
export function missingIn(given: Given): number | undefined {
  const numbers = numbersIn(given, 'missing');
  if (numbers && numbers.length !== 1) throw new UsageError('--missing must be one number');
  return numbers?.[0];
}

const megabyte = 1e6;

/** Options of `classifyScene` but those that depend on what it is run for. */
export function classifyOptionsIn(given: Given): SceneOptions {
  return {
    normalisation: normalisationIn(given),
    bands: bandsIn(given),
    labels: numbersIn(given, 'class-labels'),
    approach: choiceIn(given, 'approach', ['auto', 'convolutional', 'patches']),
    ...(given.values.has('memory-limit') && {
      memoryLimit: megabyte * integerIn(given, 'memory-limit', 268, 1, 4294),
    }),
    engine: engineIn(given),
  };
}

/** An error of `classifyScene` in the words of the command line. */
export function inSceneWords(error: unknown): unknown {
  if (!(error instanceof SpikeletError)) return error;
  const { where, message } = error;
  if (error.code === 'invalid-option' && where === 'labels') {
    return new UsageError(message.replace(/^labels: /, '--class-labels: '));
  }
  if (error.code === 'invalid-option' && where === 'bands') {
    return new UsageError(message.replace(/^bands: /, '--bands: '));
  }
  const text = message
    .replace(/`bands`/, '--bands')
    .replace(/as `missing`/, 'as --missing')
    .replace(/raise memoryLimit/, 'raise --memory-limit');
  return text === message ? error : new SpikeletError(error.code, text, { cause: error });
}
