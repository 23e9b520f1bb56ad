import { readFileSync, type Stats, statSync } from 'node:fs';
import { SpikeletError } from '../../error.js';

/** Node reads no larger file in one piece. */
const largestBytes = 2 ** 31 - 1;

/**
 * The bytes of a file. A pipe or a device is refused before it is opened: to wait for one stops the whole process, even
 * signals.
 *
 * Throws `not-found` where there is no regular file or it cannot be read, `out-of-memory` from 2 GiB on.
 *
 * @param expected What a folder in its place is told to be instead, such as `a picture`.
 */
export function readWhole(path: string, expected = 'a file'): Uint8Array {
  const { size } = checkFile(path, expected);
  if (size > largestBytes) {
    throw new SpikeletError('out-of-memory', `has ${size} bytes, more than the limit of ${largestBytes}`, {
      where: path,
    });
  }
  return attempt(path, () => readFileSync(path));
}

/** What is at a path, if that is a regular file. Throws `not-found`. */
export function checkFile(path: string, expected = 'a file'): Stats {
  const stats = attempt(path, () => statSync(path));
  const reject = (what: string): never => {
    throw new SpikeletError('not-found', `is ${what}, expected ${expected}`, { where: path });
  };
  if (stats.isDirectory()) reject('a folder');
  if (!stats.isFile()) reject('a pipe or a device');
  return stats;
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new SpikeletError('not-found', 'there is no such file, or it cannot be read', {
      where: path,
      cause,
    });
  }
}
