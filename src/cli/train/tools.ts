import { join } from 'node:path';
import { type ErrorCode, SpikeletError } from '../../error.js';
import type { Io } from '../io.js';
import { type Ended, runProcess } from './process.js';
import type { Python } from './python.js';

/** The training tools and the Python that they run in. */
export interface Tools {
  readonly folder: string;
  readonly python: Python;
}

/** How the tools begin the one line that says what was wrong, with its stable code. */
const mark = /^error \(([\w-]+)\): /m;

/** Codes of this package for those of the tools; a prefix ends with a dash. */
const codes: readonly (readonly [theirs: string, own: ErrorCode])[] = [
  ['option-', 'invalid-option'],
  ['budget-', 'invalid-option'],
  ['model-', 'invalid-option'],
  ['device-', 'invalid-option'],
  ['checkpoint-options', 'invalid-option'],
  ['data-missing', 'not-found'],
  ['data-', 'invalid-input'],
  ['dependency-', 'missing-dependency'],
];

const codeFor = (theirs: string): ErrorCode =>
  codes.find(([prefix]) => theirs.startsWith(prefix))?.[1] ?? 'training-failed';

/**
 * Runs a command of the training tools; what they say goes to `io.err` as it comes, but for the error, which is thrown.
 * Throws the signal's reason if that ended them.
 */
export async function runTools(
  { folder, python }: Tools,
  args: readonly string[],
  { err, signal }: Io,
): Promise<void> {
  let isError = false;
  const onError = (text: string): void => {
    // Once interrupted or failed, the tools' last words are told in this program's own.
    if (signal.aborted || isError) return;
    const at = text.search(mark);
    isError = at >= 0;
    err.write(isError ? text.slice(0, at) : text);
  };
  const env = { PYTHONUNBUFFERED: '1', ...(err.isTTY && { SPIKELET_TERMINAL: '1' }) };
  const ended = await runProcess([...python.command, join(folder, 'run.py'), ...args], {
    signal,
    env,
    onError,
  });
  signal.throwIfAborted();
  if (ended.code !== 0) throw failureOf(ended);
}

function failureOf({ code, killedBy, failure, err }: Ended): SpikeletError {
  const [, theirs] = mark.exec(err) ?? [];
  if (theirs !== undefined) {
    const message = err.slice(err.search(mark)).replace(mark, '').trim();
    return new SpikeletError(codeFor(theirs), message);
  }
  const cause =
    failure !== undefined
      ? `cannot be started: ${failure}`
      : killedBy === undefined
        ? `ended with exit code ${code}; what it said is above`
        : `was ended by ${killedBy}, as a system does that runs out of memory: try a smaller --batch or --width`;
  return new SpikeletError('training-failed', `Python ${cause}`);
}
