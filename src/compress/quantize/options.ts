import { SpikeletError } from '../../error.js';
import { knownNames } from '../../graph/closest.js';
import type { Executor } from '../../graph/executor.js';
import type { WeightBits } from '../../graph/tensor.js';
import type { Calibration } from './range.js';

/** How weights become integers. */
export type Rounding =
  /** Each to the nearest level. */
  | 'nearest'
  /** So that the layer's output on the samples changes least: slower, and far better below 8 bits. */
  | 'compensated';

export interface QuantizeProgress {
  /** `observe`: ranges of activations. `weights`: rounding and biases, layer by layer. */
  readonly stage: 'observe' | 'weights';
  /** Runs of samples that are done, and of all that there will be (0 while their number is unknown). */
  readonly done: number;
  readonly total: number;
}

export interface QuantizeOptions {
  /** Bits of a weight. Default: 8. */
  readonly weightBits?: WeightBits | undefined;
  /** Bits by node name, before everything else. */
  readonly layerBits?: Readonly<Record<string, WeightBits>> | undefined;
  /** Least bits of the layers that read the input or make the output. Default: 8. */
  readonly edgeBits?: WeightBits | undefined;
  /** How ranges of activations are chosen. Default: `mse`. */
  readonly calibration?: Calibration | undefined;
  /** For `percentile`: percent of values that stay within the range on each side. Default: 99.99. */
  readonly percentile?: number | undefined;
  /** Default: `nearest` for 8 bits, `compensated` for fewer. */
  readonly rounding?: Rounding | undefined;
  /** Whether biases make up for the mean error of rounding. Default: true. */
  readonly biasCorrection?: boolean | undefined;
  /** What runs the graphs. Default: the reference interpreter, which is slow. */
  readonly executor?: Executor | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: QuantizeProgress) => void) | undefined;
}

type Rule = readonly [expects: string, accepts: (value: unknown) => boolean];

const isBits = (value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 2 && value <= 8;
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isOneOf =
  (...choices: readonly string[]) =>
  (value: unknown): boolean =>
    choices.some((choice) => choice === value);
const bits: Rule = ['an integer from 2 to 8', isBits];
const callable: Rule = ['a function', (value) => typeof value === 'function'];

const rules: Readonly<Record<keyof QuantizeOptions, Rule>> = {
  weightBits: bits,
  layerBits: ['integers from 2 to 8 by node name', (v) => isObject(v) && Object.values(v).every(isBits)],
  edgeBits: bits,
  calibration: ["'minmax', 'percentile' or 'mse'", isOneOf('minmax', 'percentile', 'mse')],
  percentile: ['a number above 50, at most 100', (v) => typeof v === 'number' && v > 50 && v <= 100],
  rounding: ["'nearest' or 'compensated'", isOneOf('nearest', 'compensated')],
  biasCorrection: ['true or false', (v) => typeof v === 'boolean'],
  executor: callable,
  signal: ['an AbortSignal', (v) => isObject(v) && 'aborted' in v],
  onProgress: callable,
};

/** Throws `invalid-option` for an option that does not exist or has an impossible value. */
export function checkOptions(options: QuantizeOptions): void {
  const known: Readonly<Record<string, Rule>> = rules;
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!rule) {
      const message = `quantize has no such option${knownNames(name, Object.keys(rules))}`;
      throw new SpikeletError('invalid-option', message, { where: name });
    }
    const [expects, accepts] = rule;
    if (value !== undefined && !accepts(value)) {
      throw new SpikeletError('invalid-option', `must be ${expects}`, { where: name });
    }
  }
}
