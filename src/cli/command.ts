import type { Io } from './io.js';

/** An option of a command. */
export interface OptionSpec {
  /** What stands for the value in help texts; none for a switch. */
  readonly value?: string;
  readonly short?: string;
  readonly help: string;
  /** Whether it may be given more than once. */
  readonly multiple?: boolean;
  readonly required?: boolean;
}

/** A positional argument. All are required. */
export interface Operand {
  readonly name: string;
  readonly help: string;
}

export const modelOperand: Operand = { name: '<model>', help: 'a .spikelet or .onnx file' };

/** What was given on the command line, checked against the command's options. */
export interface Given {
  readonly positionals: readonly string[];
  /** Values by option name, in order. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly switches: ReadonlySet<string>;
}

/** A command of the program. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly operands: readonly Operand[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly examples: readonly string[];
  /** For a command whose options depend on its first arguments: the command that is meant, and what is left of them. */
  resolve?(argv: readonly string[], io: Io): Promise<Resolved>;
  /** Does the work. Prints to `io.out` a report for people or, with `--json`, one document. */
  run(given: Given, io: Io): Promise<void>;
}

export interface Resolved {
  readonly command: Command;
  readonly argv: readonly string[];
}

/** Options that every command has. */
export const commonOptions: Readonly<Record<string, OptionSpec>> = {
  json: { help: 'print one JSON document on stdout and nothing else' },
  help: { short: 'h', help: 'show this text' },
};
