import { parseArgs } from 'node:util';

const usage = `npm run bench -- [--json] [--quick] [--only <text>] [--list] [--save]

  --json   one JSON document on standard output
  --quick  fewer rounds
  --only   only benchmarks whose name contains the text, 'node-26/resnet18/1' for one
  --list   print the names and stop
  --save   write tools/bench/results/<date>-<machine>.json`;

/** What the command line asks for. Throws a `TypeError` with a code for what it does not know. */
export const readArguments = () =>
  parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
    },
  }).values;

/** Runs a program that returns its exit code, and tells of errors. */
export async function runProgram(main: () => number | Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    const wrongArguments = error instanceof TypeError && 'code' in error;
    process.stderr.write(
      wrongArguments ? `${error.message}\n\n${usage}\n` : `${error instanceof Error ? error.stack : error}\n`,
    );
    process.exitCode = wrongArguments ? 2 : 1;
  }
}
