#!/usr/bin/env node
import { exitCodes, runCommand } from './program.js';

const controller = new AbortController();
process.once('SIGINT', () => {
  controller.abort();
  process.once('SIGINT', () => process.exit(exitCodes.interrupted));
});
for (const name of ['SIGTERM', 'SIGHUP'] as const) process.once(name, () => controller.abort());
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader went away, as `head` does: nothing more to say.
  if (error.code === 'EPIPE') process.exit(exitCodes.done);
  process.stderr.write(`spikelet: the output cannot be written: ${error.message}\n`);
  process.exit(exitCodes.failed);
});
// Nobody reads messages any more, but the work may still be wanted.
process.stderr.on('error', () => undefined);

process.exitCode = await runCommand(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  signal: controller.signal,
});
