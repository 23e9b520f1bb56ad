import { parseArgs } from 'node:util';
import { knownNames } from '../graph/closest.js';
import type { WeightBits } from '../graph/tensor.js';
import { type Command, commonOptions, type Given, type OptionSpec } from './command.js';
import { UsageError } from './io.js';

const dashed = (name: string): string => `--${name}`;

/** Reads a command's arguments. Throws {@link UsageError} for what it does not know or what lacks a value. */
export function parse(command: Command, argv: readonly string[]): Given {
  const options: Readonly<Record<string, OptionSpec>> = { ...command.options, ...commonOptions };
  const { tokens, positionals } = parseArgs({
    args: [...argv],
    options: Object.fromEntries(
      Object.entries(options).map(([name, { value, short }]) => [
        name,
        { type: value === undefined ? 'boolean' : 'string', ...(short && { short }) } as const,
      ]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values = new Map<string, readonly string[]>();
  const switches = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const spec = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (!spec) {
      const known = knownNames(token.rawName, Object.keys(options).map(dashed));
      throw new UsageError(`${command.name} has no option ${token.rawName}${known}`);
    }
    if (spec.value === undefined) switches.add(switchName(token));
    else values.set(token.name, [...oneOrMore(spec, token.name, values), givenValue(spec, token)]);
  }
  if (!switches.has('help')) {
    checkOperands(command, positionals);
    checkRequired(command, values);
  }
  return { positionals, values, switches };
}

interface OptionToken {
  readonly name: string;
  readonly value?: string | undefined;
}

function switchName({ name, value }: OptionToken): string {
  if (value !== undefined) throw new UsageError(`${dashed(name)} takes no value, got '${value}'`);
  return name;
}

function oneOrMore(
  { multiple }: OptionSpec,
  name: string,
  values: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const before = values.get(name) ?? [];
  if (before.length > 0 && !multiple) throw new UsageError(`${dashed(name)} is given twice`);
  return before;
}

function givenValue(spec: OptionSpec, token: OptionToken): string {
  const missing = token.value === undefined || token.value === '';
  if (missing || /^--[a-z]/.test(token.value ?? '')) {
    throw new UsageError(`${dashed(token.name)} needs a value: ${dashed(token.name)} ${spec.value}`);
  }
  return token.value ?? '';
}

function checkOperands({ name, operands, options }: Command, given: readonly string[]): void {
  const missing = operands.find((_, i) => !given[i]);
  if (missing) throw new UsageError(`${name} needs ${missing.name}: ${missing.help}`);
  const extra = given[operands.length];
  if (extra === undefined) return;
  const [likely] = Object.keys(options).filter((option) => options[option]?.required || option === 'output');
  const meant = likely === undefined ? '' : `; did you mean ${dashed(likely)} ${extra}?`;
  throw new UsageError(`${name} does not know what to do with '${extra}'${meant}`);
}

function checkRequired({ name, options }: Command, given: ReadonlyMap<string, unknown>): void {
  for (const [option, { required, value, help }] of Object.entries(options)) {
    if (required && !given.has(option)) {
      throw new UsageError(`${name} needs ${dashed(option)} ${value}: ${help}`);
    }
  }
}

/** The value of an option that is given at most once. */
export const valueIn = ({ values }: Given, name: string): string | undefined => values.get(name)?.[0];

const mostOfAnything = 1e9;

/** A whole number within bounds. */
export function integerIn(
  given: Given,
  name: string,
  fallback: number,
  least = 1,
  greatest = mostOfAnything,
): number {
  const text = valueIn(given, name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > greatest) {
    const bounds = greatest === mostOfAnything ? `of at least ${least}` : `from ${least} to ${greatest}`;
    throw new UsageError(`--${name} must be an integer ${bounds}, got '${text}'`);
  }
  return value;
}

/** A number above 0, or undefined if the option is not given. */
export function positiveIn(given: Given, name: string): number | undefined {
  const text = valueIn(given, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0 && value <= mostOfAnything)) {
    throw new UsageError(`--${name} must be a number above 0, got '${text}'`);
  }
  return value;
}

/** A width of weights. */
export function toBits(text: string, option: string): WeightBits {
  const bits = ([2, 3, 4, 5, 6, 7, 8] as const).find((width) => String(width) === text);
  if (bits === undefined) throw new UsageError(`--${option} must give 2 to 8 bits, got '${text}'`);
  return bits;
}

/** One of some words. */
export function choiceIn<const T extends string>(
  given: Given,
  name: string,
  choices: readonly T[],
): T | undefined {
  const text = valueIn(given, name);
  if (text === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) {
    throw new UsageError(`--${name} cannot be '${text}'${knownNames(text, choices)}`);
  }
  return choice;
}

/** Numbers separated by commas. */
export function numbersIn(given: Given, name: string): readonly number[] | undefined {
  const text = valueIn(given, name);
  return text?.split(',').map((part) => {
    const value = Number(part);
    if (part.trim() === '' || !Number.isFinite(value)) {
      throw new UsageError(`--${name} must be numbers separated by commas, got '${text}'`);
    }
    return value;
  });
}

/** `name=value` pairs, separated within one option or given in several; which `=` counts if there are more. */
export function pairsIn(
  given: Given,
  name: string,
  separator: RegExp,
  equals: 'first' | 'last' = 'last',
): readonly (readonly [string, string])[] {
  return (given.values.get(name) ?? []).flatMap((text) =>
    text.split(separator).map((pair) => {
      const at = equals === 'last' ? pair.lastIndexOf('=') : pair.indexOf('=');
      if (at < 1 || at === pair.length - 1) {
        throw new UsageError(`--${name} must look like name=value, got '${pair}'`);
      }
      return [pair.slice(0, at), pair.slice(at + 1)] as const;
    }),
  );
}
