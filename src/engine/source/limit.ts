import { SpikeletError } from '../../error.js';

export interface ReadOptions {
  /** Most bytes to accept. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
  /** Called as bytes arrive; `total` is 0 where the server does not say. */
  readonly onBytes?: (loaded: number, total: number) => void;
}

export function checkSize(bytes: number, where: string, limit: number): void {
  if (bytes > limit) {
    throw new SpikeletError(
      'out-of-memory',
      `${bytes} bytes are more than the limit of ${limit}: raise memoryLimit`,
      { where },
    );
  }
}
