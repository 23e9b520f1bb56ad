import type { Subscription } from '@nats-io/nats-core';
import { SpikeletError } from '../error.js';
import { digest, hexOf } from '../format/digest.js';
import { rejectModel } from '../format/json.js';
import type { Link } from './link.js';
import {
  type ChunkRequest,
  type FileReference,
  readChunkRequest,
  tryRead,
  writeJson,
} from './wire/messages.js';

/** Bytes of a file that are sent at once: little enough for any server, and for a slow link within the time. */
const chunkBytes = 256 * 1024;
const chunkTimeout = 20_000;
const mostTries = 3;

export async function referenceTo(file: Uint8Array): Promise<FileReference> {
  return { sha256: hexOf(await digest(file)), bytes: file.length };
}

/** Gives files to those who ask for them by their hash. */
export class FileService {
  readonly #files = new Map<string, Uint8Array>();
  readonly #subscription: Subscription;

  constructor(link: Link, subject: string) {
    this.#subscription = link.connection.subscribe(subject, {
      callback: (error, message) => {
        if (error) return;
        const request = tryRead(readChunkRequest, message.data);
        // Nothing means that there is no such file.
        message.respond(request ? this.#chunk(request) : new Uint8Array());
      },
    });
  }

  #chunk({ sha256, offset }: ChunkRequest): Uint8Array {
    return this.#files.get(sha256)?.subarray(offset, offset + chunkBytes) ?? new Uint8Array();
  }

  async add(file: Uint8Array): Promise<FileReference> {
    const reference = await referenceTo(file);
    this.#files.set(reference.sha256, file);
    return reference;
  }

  /** Keeps no files but these. */
  keep(references: readonly FileReference[]): void {
    const wanted = new Set(references.map(({ sha256 }) => sha256));
    for (const sha256 of this.#files.keys()) if (!wanted.has(sha256)) this.#files.delete(sha256);
  }

  close(): void {
    this.#subscription.unsubscribe();
  }
}

async function chunkAt(link: Link, subject: string, sha256: string, offset: number): Promise<Uint8Array> {
  for (let tries = 1; ; tries++) {
    try {
      const request = writeJson({ sha256, offset });
      return (await link.connection.request(subject, request, { timeout: chunkTimeout })).data;
    } catch (cause) {
      if (tries < mostTries) continue;
      throw new SpikeletError('timeout', 'the coordinator does not give it', { where: 'stage file', cause });
    }
  }
}

/** Gets a file from a {@link FileService}. Throws `invalid-model` for one that is not what its hash says. */
export async function fetchFile(
  link: Link,
  subject: string,
  { sha256, bytes }: FileReference,
  memory: number,
): Promise<Uint8Array> {
  if (bytes > memory) {
    const message = `has ${bytes} bytes, this device has ${memory}`;
    throw new SpikeletError('out-of-memory', message, { where: 'stage file' });
  }
  const file = new Uint8Array(bytes);
  for (let offset = 0; offset < bytes; ) {
    const chunk = await chunkAt(link, subject, sha256, offset);
    if (chunk.length === 0 || chunk.length > bytes - offset) {
      rejectModel('stage file', `${chunk.length} bytes came at byte ${offset} of ${bytes}`);
    }
    file.set(chunk, offset);
    offset += chunk.length;
  }
  const found = hexOf(await digest(file));
  if (found !== sha256) rejectModel('stage file', `SHA-256 is ${found}, expected ${sha256}`);
  return file;
}
