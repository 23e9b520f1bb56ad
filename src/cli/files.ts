import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SpikeletError } from '../error.js';

export { readWhole } from '../data/node/whole-file.js';

/**
 * Throws `not-found` where a file cannot be written because of what is, or is not, at its path: to be asked before
 * long work. `example` is the name of a file that would be fine in a folder.
 */
export function checkTarget(path: string, example: string): void {
  const reject = (message: string): never => {
    throw new SpikeletError('not-found', message, { where: path });
  };
  const folder = dirname(path);
  if (!existsSync(folder)) reject(`there is no folder '${folder}': make it first`);
  if (!statSync(folder).isDirectory()) reject(`'${folder}' is no folder`);
  if (existsSync(path) ? statSync(path).isDirectory() : /[\\/]$/.test(path)) {
    reject(`is a folder: give a file in it, such as ${join(path, example)}`);
  }
}

/** Writes a file so that it is there whole or not at all. Throws `not-found` where it cannot be written. */
export function writeWhole(path: string, content: Uint8Array | string, signal: AbortSignal): void {
  signal.throwIfAborted();
  const partial = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.part`);
  try {
    writeFileSync(partial, content);
    renameSync(partial, path);
  } catch (cause) {
    if (existsSync(partial)) rmSync(partial);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SpikeletError('not-found', `cannot be written: ${reason}`, { where: path, cause });
  }
}
