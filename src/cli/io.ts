/** Where text goes. */
export interface TextOut {
  write(text: string): unknown;
  /** Whether a person is looking, so that a line may be drawn over. */
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What a command has to do with the outside besides files: the document, everything else, and the wish to stop. */
export interface Io {
  readonly out: TextOut;
  readonly err: TextOut;
  readonly signal: AbortSignal;
}

/** The arguments are wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
