import type fs from 'node:fs/promises';
import { SpikeletError } from '../../error.js';
import { nodeBuiltin } from '../../host.js';
import { checkSize, type ReadOptions } from './limit.js';

const hasScheme = /^[a-z][a-z0-9+.-]+:/i;

/** Reads a path or `file:` URL in Node; `undefined` for anything that is to be fetched, so always in a browser. */
export function readFile(
  source: string | URL,
  options: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> | undefined {
  const files = nodeBuiltin('node:fs/promises');
  if (!files) return undefined;
  const text = String(source);
  if (/^file:/i.test(text)) return read(files, new URL(text), options);
  return hasScheme.test(text) ? undefined : read(files, text, options);
}

async function read(
  files: typeof fs,
  path: string | URL,
  { limit, signal, onBytes }: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const file = await contents(files, path, limit, signal);
  onBytes?.(file.length, file.length);
  return file;
}

async function contents(
  files: typeof fs,
  path: string | URL,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const where = String(path);
  try {
    const status = await files.stat(path);
    // Devices and pipes have no size to check, and may never end.
    if (!status.isFile() && !status.isDirectory()) throw new Error('it is no regular file');
    checkSize(status.size, where, limit);
    const file = await files.readFile(path, signal ? { signal } : {});
    return new Uint8Array(file.buffer, file.byteOffset, file.byteLength);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof SpikeletError) throw cause;
    throw new SpikeletError('not-found', `cannot be read (${reasonOf(cause)})`, { where, cause });
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if ('code' in cause && cause.code === 'ENOENT') return 'no such file';
  if ('code' in cause && cause.code === 'EISDIR') return 'it is a folder';
  return cause.message;
}
