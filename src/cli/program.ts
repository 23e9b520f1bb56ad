import { readFileSync } from 'node:fs';
import { knownNames } from '../engine/closest.js';
import { SpikeletError } from '../error.js';
import { bench } from './bench.js';
import type { Command } from './command.js';
import { convert } from './convert.js';
import { evalCommand } from './eval.js';
import { commandHelp, programHelp } from './help.js';
import { inspect } from './inspect.js';
import { type Io, UsageError } from './io.js';
import { parse } from './parse.js';
import { profile } from './profile.js';
import { run } from './run.js';

export const commands: readonly Command[] = [convert, inspect, run, evalCommand, profile, bench];

/** Exit codes: done, the work failed, the arguments are wrong, stopped by Ctrl-C. */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Runs the program with the arguments after its name and returns its exit code. Never throws. */
export async function runCommand(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv;
  if (name === '--version') {
    io.out.write(`${version()}\n`);
    return exitCodes.done;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? io.err : io.out).write(programHelp(commands, version()));
    return name === undefined ? exitCodes.usage : exitCodes.done;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (!command) {
    const known = knownNames(
      name,
      commands.map((candidate) => candidate.name),
    );
    io.err.write(`spikelet: there is no command '${name}'${known}\n`);
    return exitCodes.usage;
  }
  return perform(command, rest, io);
}

async function perform(command: Command, argv: readonly string[], io: Io): Promise<number> {
  try {
    const given = parse(command, argv);
    if (given.switches.has('help')) io.out.write(commandHelp(command));
    else await command.run(given, io);
    return exitCodes.done;
  } catch (error) {
    return report(command, argv.includes('--json'), error, io);
  }
}

function report(command: Command, asJson: boolean, error: unknown, { out, err, signal }: Io): number {
  if (signal.aborted) {
    err.write('spikelet: interrupted\n');
    return exitCodes.interrupted;
  }
  const isUsage =
    error instanceof UsageError || (error instanceof SpikeletError && error.code === 'invalid-option');
  const isKnown = isUsage || error instanceof SpikeletError;
  const message = error instanceof Error ? error.message : String(error);
  err.write(`spikelet ${command.name}: ${message}\n`);
  if (isUsage) err.write(`'spikelet ${command.name} --help' shows what it takes\n`);
  if (!isKnown)
    err.write(
      `${error instanceof Error ? error.stack : ''}\nthis is a fault of spikelet: please report it\n`,
    );
  if (asJson) {
    const code = error instanceof SpikeletError ? error.code : isUsage ? 'invalid-option' : 'internal';
    out.write(`${JSON.stringify({ error: { code, message } })}\n`);
  }
  return isUsage ? exitCodes.usage : exitCodes.failed;
}
