import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { SpikeletError } from '../error.js';

/** Writes a file so that it is there whole or not at all. Throws `not-found` where it cannot be written. */
export function writeWhole(path: string, content: Uint8Array | string, signal: AbortSignal): void {
  signal.throwIfAborted();
  const partial = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.part`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(partial, content);
    renameSync(partial, path);
  } catch (cause) {
    if (existsSync(partial)) rmSync(partial);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SpikeletError('not-found', `cannot be written: ${reason}`, { where: path, cause });
  }
}

/** The bytes of a file. Throws `not-found`. */
export function readWhole(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const isFolder = cause instanceof Error && 'code' in cause && cause.code === 'EISDIR';
    const reason = isFolder ? 'is a folder, expected a file' : 'there is no such file, or it cannot be read';
    throw new SpikeletError('not-found', reason, { where: path, cause });
  }
}
