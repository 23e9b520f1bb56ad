import { runCommand } from '../../src/cli/program.js';

/** What a command printed and how it ended. */
export interface Captured {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command in this process, without a terminal. */
export async function capture(
  argv: readonly string[],
  options: {
    readonly signal?: AbortSignal;
    readonly isTTY?: boolean;
    /** Told what is written to stderr. */
    readonly onText?: (text: string) => void;
  } = {},
): Promise<Captured> {
  let out = '';
  let err = '';
  const code = await runCommand(argv, {
    out: { write: (text) => (out += text) },
    err: {
      write(text) {
        err += text;
        options.onText?.(text);
      },
      isTTY: options.isTTY ?? false,
      columns: 80,
    },
    signal: options.signal ?? new AbortController().signal,
  });
  return { code, out, err };
}

/** The one JSON document that a command printed. */
export async function captureJson(argv: readonly string[]): Promise<Record<string, unknown>> {
  const { code, out, err } = await capture([...argv, '--json']);
  if (code !== 0) throw new Error(err);
  return JSON.parse(out) as Record<string, unknown>;
}
