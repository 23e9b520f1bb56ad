import { SpikeletError } from '../../error.js';
import { largestSize } from '../../graph/attributes.js';
import { knownNames } from '../../graph/closest.js';
import { mostSteps } from '../../graph/neurons.js';

export const resets = ['file', 'subtract', 'value'] as const;
export const integrations = ['step', 'time'] as const;
export const inputTypes = ['f32', 'u8'] as const;

/** How a NIR graph, which means differential equations, becomes one that runs step by step. */
export interface NirOptions {
  /** Time steps of a run, 1 to 65536: the first axis of every value. */
  readonly steps: number;
  /** Length of a step in seconds, as 1e-4. Needed where something in the file has a time constant or a delay. */
  readonly timeStep?: number;
  /** Shape of the input without time, where the file leaves it open or has sizes of 1 too many. */
  readonly inputShape?: readonly number[];
  /** Type of the input: real numbers, or whole ones from 0 to 255, such as events counted in frames. Default `f32`. */
  readonly inputType?: (typeof inputTypes)[number];
  /**
   * What a spike does to the membrane: `subtract` takes off the threshold, `value` sets `v_reset`, 0 if there is none.
   * Default `file`: `value` where the file has a `v_reset`, `subtract` where it has none, as NIR was defined before.
   */
  readonly reset?: (typeof resets)[number];
  /** Reset at the step after the spike, as snnTorch does unless told otherwise. Default false. */
  readonly delayedReset?: boolean;
  /** Fire at the threshold, not only above it. Default false. */
  readonly inclusive?: boolean;
  /**
   * What I and IF add to the membrane in a step: `step` adds R * I, as sinabs, snnTorch and Norse do; `time` adds
   * R * I * timeStep, the Euler step of the equation. Default `step`.
   */
  readonly integration?: (typeof integrations)[number];
}

/** Options with their defaults. */
export interface Settings extends Required<Omit<NirOptions, 'timeStep' | 'inputShape'>> {
  readonly timeStep: number | undefined;
  readonly inputShape: readonly number[] | undefined;
}

const names = [
  'steps',
  'timeStep',
  'inputShape',
  'inputType',
  'reset',
  'delayedReset',
  'inclusive',
  'integration',
] as const satisfies readonly (keyof NirOptions)[];

function reject(where: string, message: string): never {
  throw new SpikeletError('invalid-option', message, { where });
}

function choice<const T extends string>(
  name: keyof NirOptions,
  value: unknown,
  choices: readonly T[],
  standard: T,
): T {
  if (value === undefined) return standard;
  const known = choices.find((candidate) => candidate === value);
  return known ?? reject(name, `must be one of ${choices.join(', ')}, got ${String(value)}`);
}

function flag(name: keyof NirOptions, value: unknown): boolean {
  if (value === undefined) return false;
  return typeof value === 'boolean' ? value : reject(name, `must be true or false, got ${String(value)}`);
}

const isSize = (size: unknown): boolean =>
  Number.isInteger(size) && Number(size) >= 1 && Number(size) <= largestSize;

function checkNumbers({ steps, timeStep, inputShape }: NirOptions): void {
  if (!Number.isInteger(steps) || steps < 1 || steps > mostSteps) {
    reject('steps', `must be an integer from 1 to ${mostSteps}, got ${String(steps)}`);
  }
  if (timeStep !== undefined && !(Number.isFinite(timeStep) && timeStep > 0)) {
    reject('timeStep', `must be the seconds of a step, such as 1e-4, got ${String(timeStep)}`);
  }
  if (inputShape === undefined) return;
  if (
    !Array.isArray(inputShape) ||
    inputShape.length < 1 ||
    inputShape.length > 7 ||
    !inputShape.every(isSize)
  ) {
    reject(
      'inputShape',
      `must be 1 to 7 sizes from 1 to ${largestSize}, without time, got ${String(inputShape)}`,
    );
  }
}

/** The options, checked and completed. Throws `invalid-option`. */
export function settingsOf(options: NirOptions): Settings {
  if (typeof options !== 'object' || options === null)
    reject('options', 'must be an object with at least steps');
  const unknown = Object.keys(options).find((name) => !names.some((known) => known === name));
  if (unknown !== undefined) reject(unknown, `fromNir has no such option${knownNames(unknown, names)}`);
  checkNumbers(options);
  return {
    steps: options.steps,
    timeStep: options.timeStep,
    inputShape: options.inputShape,
    inputType: choice('inputType', options.inputType, inputTypes, 'f32'),
    reset: choice('reset', options.reset, resets, 'file'),
    delayedReset: flag('delayedReset', options.delayedReset),
    inclusive: flag('inclusive', options.inclusive),
    integration: choice('integration', options.integration, integrations, 'step'),
  };
}
