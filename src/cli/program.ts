import { SpikeletError } from '../error.js';
import { knownNames } from '../graph/closest.js';
import { bench } from './bench.js';
import { classifyScene } from './classify-scene.js';
import type { Command } from './command.js';
import { compress } from './compress.js';
import { convert } from './convert.js';
import { evalCommand } from './eval.js';
import { commandHelp, programHelp } from './help.js';
import { inspect } from './inspect.js';
import { type Io, UsageError } from './io.js';
import { parse } from './parse.js';
import { partition } from './partition.js';
import { pipeline } from './pipeline.js';
import { profile } from './profile.js';
import { run } from './run.js';
import { stage } from './stage.js';
import { train } from './train.js';
import { version } from './version.js';

export const commands: readonly Command[] = [
  convert,
  compress,
  inspect,
  run,
  evalCommand,
  classifyScene,
  profile,
  bench,
  partition,
  pipeline,
  stage,
  train,
];

/** Exit codes: done, the work failed, the arguments are wrong, stopped by Ctrl-C. */
export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

/** Runs the program with the arguments after its name and returns its exit code. Never throws. */
export async function runCommand(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv;
  switch (name) {
    case undefined:
      io.err.write(programHelp(commands, version()));
      return exitCodes.usage;
    case '--version':
    case '-v':
    case '-V':
      io.out.write(`${version()}\n`);
      return exitCodes.done;
    case '--help':
    case '-h':
      io.out.write(programHelp(commands, version()));
      return exitCodes.done;
    case 'help':
      return runCommand([...rest.slice(0, 1), '--help'], io);
    default:
      return perform(name, rest, io);
  }
}

async function perform(name: string, argv: readonly string[], io: Io): Promise<number> {
  let command = commands.find((candidate) => candidate.name === name);
  try {
    if (!command) throw unknownCommand(name);
    const resolved = (await command.resolve?.(argv, io)) ?? { command, argv };
    command = resolved.command;
    const given = parse(command, resolved.argv);
    if (given.switches.has('help')) io.out.write(commandHelp(command));
    else await command.run(given, io);
    return exitCodes.done;
  } catch (error) {
    return report(command, [name, ...argv].includes('--json'), error, io);
  }
}

function unknownCommand(name: string): UsageError {
  if (name.startsWith('-'))
    return new UsageError(`a command comes before ${name}: spikelet <command> ${name}`);
  const names = commands.map((command) => command.name);
  return new UsageError(`there is no command '${name}'${knownNames(name, names)}`);
}

/** Tells an error to people and, where a document was asked for, to programs. Returns the exit code. */
function report(command: Command | undefined, asJson: boolean, error: unknown, io: Io): number {
  const { code, exitCode, text, message } = described(command, error, io.signal);
  io.err.write(`${text}\n`);
  if (asJson) io.out.write(`${JSON.stringify({ error: { code, message } })}\n`);
  return exitCode;
}

interface Failure {
  readonly code: string;
  readonly exitCode: number;
  readonly message: string;
  /** The message with what may help. */
  readonly text: string;
}

function described(command: Command | undefined, error: unknown, signal: AbortSignal): Failure {
  const program = command ? `spikelet ${command.name}` : 'spikelet';
  const message = error instanceof Error ? error.message : String(error);
  if (signal.aborted) {
    const text = 'spikelet: interrupted';
    return { code: 'interrupted', exitCode: exitCodes.interrupted, message: 'interrupted', text };
  }
  if (error instanceof UsageError || (error instanceof SpikeletError && error.code === 'invalid-option')) {
    const text = `${program}: ${message}\n'${program} --help' shows what it takes`;
    return { code: 'invalid-option', exitCode: exitCodes.usage, message, text };
  }
  if (error instanceof SpikeletError) {
    return { code: error.code, exitCode: exitCodes.failed, message, text: `${program}: ${message}` };
  }
  const trace = error instanceof Error ? `\n${error.stack}` : '';
  const text = `${program}: ${message}${trace}\nthis is a fault of spikelet: please report it`;
  return { code: 'internal', exitCode: exitCodes.failed, message, text };
}
