import { join } from 'node:path';
import { SpikeletError } from '../../error.js';
import type { Given, OptionSpec } from '../command.js';
import { UsageError } from '../io.js';
import { runProcess } from './process.js';
import type { Python } from './python.js';

/** The methods of the training tools. */
export const methods = {
  float: 'train a float network',
  bmpq: 'train a network with a bit width for each layer (BMPQ)',
  dnr: 'train a sparse network that withstands attack (DNR)',
  qat: 'train a network with one bit width for all weights, another for all activations',
  snn: 'turn a trained network without bias into a spiking one and fine-tune it',
} as const;
export type MethodName = keyof typeof methods;
export const methodNames = Object.keys(methods) as MethodName[];

type Kind = 'integer' | 'number' | 'text' | 'switch';

/** An option of a method of the training tools. */
export interface MethodOption {
  readonly name: string;
  readonly kind: Kind;
  readonly help: string;
  readonly required: boolean;
}

/** What describe_methods.py prints. */
export interface Description {
  /** Versions. */
  readonly tool: string;
  readonly python: string;
  readonly torch: string;
  readonly methods: Readonly<
    Record<string, { readonly summary: string; readonly options: readonly MethodOption[] }>
  >;
}

/** PyTorch may take long to start on a small machine. */
const describeMs = 300_000;

/** Asks the training tools for their methods. Throws `missing-dependency` where they do not start. */
export async function describeMethods(
  python: Python,
  tools: string,
  signal: AbortSignal,
): Promise<Description> {
  const command = [...python.command, join(tools, 'describe_methods.py')];
  const { code, out, err } = await runProcess(command, { signal, timeout: describeMs });
  signal.throwIfAborted();
  if (code !== 0) {
    const program = python.command.join(' ');
    throw new SpikeletError('missing-dependency', `cannot start the training tools:\n${err.trim()}`, {
      where: program,
    });
  }
  return JSON.parse(out) as Description;
}

const placeholders = { integer: '<n>', number: '<x>', text: '<text>' } as const;

const placeholderOf = ({ name, kind }: MethodOption): string => {
  const paths: Readonly<Record<string, string>> = { data: '<path>', out: '<folder>', cache: '<folder>' };
  return paths[name] ?? (kind === 'switch' ? '' : placeholders[kind]);
};

/** Options of a method as the command line takes them. */
export const optionSpecs = (options: readonly MethodOption[]): Readonly<Record<string, OptionSpec>> =>
  Object.fromEntries(
    options.map((option) => {
      const { name, kind, help, required } = option;
      const spec: OptionSpec = {
        help: help.replace(/ \(default ''\)$/, ''),
        ...(kind !== 'switch' && { value: placeholderOf(option) }),
        ...(required && { required }),
      };
      return [name, spec];
    }),
  );

/** The arguments that the training tools get. Throws {@link UsageError} for what is no number where one is needed. */
export function methodArguments(given: Given, options: readonly MethodOption[]): readonly string[] {
  return options.flatMap(({ name, kind }) => {
    if (kind === 'switch') return given.switches.has(name) ? [`--${name}`] : [];
    const [text] = given.values.get(name) ?? [];
    if (text === undefined) return [];
    const value = Number(text);
    if (kind === 'integer' && !Number.isInteger(value)) {
      throw new UsageError(`--${name} must be an integer, got '${text}'`);
    }
    if (kind === 'number' && !Number.isFinite(value)) {
      throw new UsageError(`--${name} must be a number, got '${text}'`);
    }
    // With an equals sign a value may begin with a dash.
    return [`--${name}=${text}`];
  });
}
