/** What went wrong, stable across versions; `message` says where, what was expected and what to do. */
export type ErrorCode =
  /** A file or graph that breaks the rules of its format: damaged, truncated or hostile. */
  | 'invalid-model'
  /** A well-formed model that uses something this package cannot do. */
  | 'unsupported'
  /** Values given to a call have the wrong name, shape, type or contents. */
  | 'invalid-input'
  /** An option that does not exist or has an impossible value. */
  | 'invalid-option'
  /** A file, URL or entry that is not there or cannot be read. */
  | 'not-found'
  /** Memory could not be had, or the model needs more than the limit. */
  | 'out-of-memory'
  /** This engine lacks something that is needed, WebAssembly SIMD for one. */
  | 'no-engine'
  /** A program beside the package is not installed, or not in a version that will do: Python or PyTorch. */
  | 'missing-dependency'
  /** A training ended without a result. */
  | 'training-failed'
  /** No result came before an item's deadline, or somebody on the network did not answer in time. */
  | 'timeout'
  /** A model or worker was used after it was closed, or a worker died. */
  | 'closed'
  /** The package itself broke a promise: please report it. */
  | 'internal';

export interface ErrorDetails {
  /** Layer, field or byte offset that the error is about. */
  readonly where?: string;
  readonly cause?: unknown;
}

/**
 * The one error class of the package.
 *
 * @example
 * try { await load(bytes); } catch (error) {
 *   if (error instanceof SpikeletError && error.code === 'invalid-model') console.log(error.where);
 * }
 */
export class SpikeletError extends Error {
  override readonly name = 'SpikeletError';
  readonly code: ErrorCode;
  readonly where: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(details.where === undefined ? message : `${details.where}: ${message}`, { cause: details.cause });
    this.code = code;
    this.where = details.where;
  }
}

/** An error's message without its place. */
export const reasonOf = ({ message, where }: SpikeletError): string =>
  where === undefined ? message : message.slice(where.length + 2);
