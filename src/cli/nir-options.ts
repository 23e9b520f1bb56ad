import { reasonOf, type SpikeletError } from '../error.js';
import type { NirOptions } from '../format/nir/index.js';
import type { Given, OptionSpec } from './command.js';
import { UsageError } from './io.js';
import { choiceIn, valueIn } from './parse.js';

export const nirOptions: Readonly<Record<string, OptionSpec>> = {
  steps: { value: '<n>', help: 'NIR: time steps of a run, 1 to 65536' },
  'time-step': { value: '<seconds>', help: 'NIR: length of a step, such as 1e-4' },
  'input-shape': {
    value: '<2,34,34>',
    help: 'NIR: shape of the input without time, if the file has none',
  },
  'input-type': {
    value: '<type>',
    help: 'NIR: f32 (default) or u8, such as counted events',
  },
  reset: {
    value: '<name>',
    help: 'NIR: subtract the threshold, set v_reset (value), or as the file says (file)',
  },
  'delayed-reset': { help: 'NIR: reset at the step after the spike' },
  inclusive: { help: 'NIR: fire at the threshold, not only above it' },
  integration: {
    value: '<name>',
    help: 'NIR: I and IF add R times the input by step (default) or by time',
  },
};

/** Options of `fromNir` by the name that the command line has for them. */
const written: Readonly<Record<string, string>> = {
  steps: 'steps',
  timeStep: 'time-step',
  inputShape: 'input-shape',
  inputType: 'input-type',
  reset: 'reset',
  delayedReset: 'delayed-reset',
  inclusive: 'inclusive',
  integration: 'integration',
};

/** How a NIR graph is to be read, or undefined where nothing about it is said. Throws {@link UsageError}. */
export function nirOptionsIn(given: Given): NirOptions | undefined {
  const { values, switches } = given;
  if (!Object.keys(nirOptions).some((name) => values.has(name) || switches.has(name))) return undefined;
  const timeStep = valueIn(given, 'time-step');
  const shape = valueIn(given, 'input-shape');
  return {
    steps: Number(valueIn(given, 'steps')),
    ...(timeStep !== undefined && { timeStep: Number(timeStep) }),
    ...(shape !== undefined && { inputShape: shape.split(/[,x]/).map(Number) }),
    inputType: choiceIn(given, 'input-type', ['f32', 'u8']) ?? 'f32',
    reset: choiceIn(given, 'reset', ['file', 'subtract', 'value']) ?? 'file',
    delayedReset: switches.has('delayed-reset'),
    inclusive: switches.has('inclusive'),
    integration: choiceIn(given, 'integration', ['step', 'time']) ?? 'step',
  };
}

/** An error about an option of `fromNir` as one about the option of the command line, others as they are. */
export function inCommandWords(error: SpikeletError): Error {
  const name = Object.hasOwn(written, error.where ?? '') ? written[error.where ?? ''] : undefined;
  const isOption = error.code === 'invalid-option' || error.code === 'invalid-input';
  return name !== undefined && isOption ? new UsageError(`--${name}: ${reasonOf(error)}`) : error;
}
