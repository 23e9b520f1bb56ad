import type { Normalisation } from '../data/cube/normalise.js';
import { SpikeletError } from '../error.js';
import { knownNames } from '../graph/closest.js';
import type { LoadOptions } from '../index.js';

/** How far a scene is, in pixels. */
export interface SceneProgress {
  readonly done: number;
  readonly total: number;
}

/** A part of the class map that has just been computed, row by row. */
export interface ClassifiedTile {
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
  readonly labels: Uint16Array;
  /** Share of belief in the label of each pixel, 0 to 1. */
  readonly confidence: Float32Array;
}

/** `convolutional`: tile by tile, nothing computed twice; `patches`: the patch around each pixel, many at once. */
export type Approach = 'auto' | 'convolutional' | 'patches';

export interface SceneOptions {
  /**
   * How samples become inputs: by the scene's own range (`minmax`) or moments of each band (`bands`), by given numbers,
   * or not at all (`none`). Default: what the model says, else `minmax`.
   */
  readonly normalisation?: Normalisation['kind'] | 'none' | Normalisation | undefined;
  /** Which bands of the cube the model takes, in its order, counted from 0. Default: all of them. */
  readonly bands?: readonly number[] | undefined;
  /** The label of each class in the order of the scores. Default: what the model says, else 1, 2, 3, ... */
  readonly labels?: readonly number[] | undefined;
  /** Bytes that the model's memory may have: larger tiles are faster. Default: 256 MiB. */
  readonly memoryLimit?: number | undefined;
  /** Default: `auto`, tile by tile where the network allows it. */
  readonly approach?: Approach | undefined;
  /** Options of `load`: threads, worker, variant, kernels. */
  readonly engine?: Omit<LoadOptions, 'memoryLimit' | 'signal' | 'onProgress'> | undefined;
  /** Ends the work: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: SceneProgress) => void) | undefined;
  readonly onTile?: ((tile: ClassifiedTile) => void) | undefined;
}

/** Memory of a model over a scene where no other limit is given. */
export const defaultSceneMemory = 256 * 2 ** 20;

const approaches: readonly unknown[] = ['auto', 'convolutional', 'patches'] satisfies readonly Approach[];

type Rule = readonly [expects: string, accepts: (value: unknown) => boolean];

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const aFunction: Rule = ['a function', (value) => typeof value === 'function'];

const integerList = (least: number, greatest: number): Rule => [
  `a list of whole numbers from ${least} to ${greatest}`,
  (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => Number.isInteger(item) && item >= least && item <= greatest),
];

const rules: Readonly<Record<keyof SceneOptions, Rule>> = {
  normalisation: [
    "'minmax', 'bands', 'none' or the numbers of a normalisation",
    (value) =>
      value === 'none' ||
      value === 'minmax' ||
      value === 'bands' ||
      (isObject(value) && 'kind' in value && (value.kind === 'minmax' || value.kind === 'bands')),
  ],
  bands: integerList(0, 2 ** 20),
  labels: integerList(0, 65535),
  memoryLimit: [
    'a number of bytes from 1 to 2^32',
    (value) => typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 2 ** 32,
  ],
  approach: ["'auto', 'convolutional' or 'patches'", (value) => approaches.includes(value)],
  engine: ['options of load', isObject],
  signal: ['an AbortSignal', (value) => isObject(value) && 'throwIfAborted' in value],
  onProgress: aFunction,
  onTile: aFunction,
};

/** Throws `invalid-option` for an option that does not exist or has an impossible value. */
export function checkSceneOptions(options: SceneOptions): void {
  if (!isObject(options)) throw new SpikeletError('invalid-option', 'the options must be an object');
  const known: Readonly<Record<string, Rule>> = rules;
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!rule) {
      const message = `classifyScene has no option '${name}'${knownNames(name, Object.keys(rules))}`;
      throw new SpikeletError('invalid-option', message, { where: name });
    }
    const [expects, accepts] = rule;
    if (value !== undefined && !accepts(value)) {
      throw new SpikeletError('invalid-option', `must be ${expects}`, { where: name });
    }
  }
}
