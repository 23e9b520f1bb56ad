import { spawn } from 'node:child_process';

export interface ProcessOptions {
  readonly signal: AbortSignal;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the program says on stderr, as it comes. */
  readonly onError?: (text: string) => void;
  /** Milliseconds after which the program is stopped; default: never. */
  readonly timeout?: number;
}

/** How a program ended. */
export interface Ended {
  /** Its exit code, or none if it could not be started or a signal ended it. */
  readonly code?: number;
  /** The signal that ended it. */
  readonly killedBy?: NodeJS.Signals;
  /** Why it could not be started. */
  readonly failure?: string;
  readonly out: string;
  readonly err: string;
}

/** Milliseconds that a program has to end by itself after it was interrupted. */
const graceMs = 60_000;
/** Characters of stderr that are kept: a progress bar says a lot. */
const keptCharacters = 20_000;

/**
 * Runs a program to its end. Where the signal is aborted it is interrupted, as by Ctrl-C, and waited for. It runs in a
 * process group of its own, so that a terminal does not interrupt it a second time.
 */
export async function runProcess(
  [program = '', ...args]: readonly string[],
  { signal, env = {}, onError, timeout }: ProcessOptions,
): Promise<Ended> {
  signal.throwIfAborted();
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err = (err + text).slice(-keptCharacters);
    onError?.(text);
  });
  const kill = (): void => void child.kill('SIGKILL');
  let last: NodeJS.Timeout | undefined;
  const interrupt = (): void => {
    child.kill('SIGINT');
    last = setTimeout(kill, graceMs);
  };
  const limit = timeout === undefined ? undefined : setTimeout(kill, timeout);
  signal.addEventListener('abort', interrupt, { once: true });
  process.once('exit', kill);
  try {
    const end = await new Promise<Pick<Ended, 'code' | 'killedBy' | 'failure'>>((resolve) => {
      child.once('error', ({ message }) => resolve({ failure: message }));
      child.once('close', (code, killedBy) =>
        resolve({ ...(code !== null && { code }), ...(killedBy && { killedBy }) }),
      );
    });
    return { ...end, out, err };
  } finally {
    clearTimeout(limit);
    clearTimeout(last);
    signal.removeEventListener('abort', interrupt);
    process.removeListener('exit', kill);
  }
}
