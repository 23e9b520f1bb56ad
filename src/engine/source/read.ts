import { SpikeletError } from '../../error.js';
import { checkSize, type ReadOptions } from './limit.js';
import { readFile } from './node-file.js';

/** By its shape: in Node the mere mention of the global loads the whole of fetch. */
export const isResponse = (source: object | string): source is Response =>
  typeof source === 'object' && 'headers' in source && 'arrayBuffer' in source;

/** Whether {@link readBytes} can read it. */
export const isBytesSource = (source: unknown): boolean =>
  typeof source === 'object' && source !== null
    ? [Uint8Array, ArrayBuffer, URL].some((type) => source instanceof type) || isResponse(source)
    : typeof source === 'string' && source !== '';

/** Bytes as they are, or the contents of a response, URL or, in Node, file. */
export async function readBytes(
  source: string | URL | Uint8Array | ArrayBuffer | Response,
  options: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  options.signal?.throwIfAborted();
  if (source instanceof Uint8Array || source instanceof ArrayBuffer) return ownBytes(source, options);
  if (isResponse(source)) return readResponse(source, source.url || 'response', options);
  const location = String(source);
  const fromDisk = readFile(source, options);
  if (fromDisk) return fromDisk;
  return readResponse(await request(location, options), location, options);
}

function ownBytes(source: Uint8Array | ArrayBuffer, options: ReadOptions): Uint8Array<ArrayBuffer> {
  checkSize(source.byteLength, 'bytes', options.limit);
  options.onBytes?.(source.byteLength, source.byteLength);
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source.buffer instanceof ArrayBuffer)
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  return new Uint8Array(source);
}

async function request(location: string, { signal }: ReadOptions): Promise<Response> {
  try {
    return await fetch(location, signal ? { signal } : {});
  } catch (cause) {
    signal?.throwIfAborted();
    throw new SpikeletError('not-found', 'could not be fetched: check the address and the connection', {
      where: location,
      cause,
    });
  }
}

async function readResponse(
  response: Response,
  where: string,
  options: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!response.ok) {
    throw new SpikeletError(
      'not-found',
      `the server answered ${response.status} ${response.statusText}`.trimEnd(),
      { where },
    );
  }
  if (response.bodyUsed || response.body?.locked) {
    throw new SpikeletError('invalid-input', 'was read before: hand over a fresh one', { where });
  }
  const total = announcedLength(response);
  checkSize(total, where, options.limit);
  if (!response.body) return ownBytes(await response.arrayBuffer(), options);
  return readStream(response.body.getReader(), where, total, options);
}

/** Bytes that the header promises, 0 where it promises nothing that can be. */
function announcedLength({ headers }: Response): number {
  const length = Number(headers.get('content-length'));
  return Number.isSafeInteger(length) && length > 0 ? length : 0;
}

function allocated(bytes: number, where: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw new SpikeletError('out-of-memory', `no ${bytes} bytes could be had`, { where, cause });
  }
}

/** Reads to the end into one buffer that grows where the announced length was short (compressed responses). */
async function readStream(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  where: string,
  total: number,
  options: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const stop = (): void => void reader.cancel(options.signal?.reason).catch(() => undefined);
  options.signal?.addEventListener('abort', stop);
  let loaded = 0;
  try {
    let bytes = allocated(total || 65536, where);
    for (;;) {
      const { done, value } = await nextChunk(reader, where, options);
      if (done) return bytes.subarray(0, loaded);
      checkSize(loaded + value.length, where, options.limit);
      if (loaded + value.length > bytes.length) bytes = enlarged(bytes, loaded + value.length);
      bytes.set(value, loaded);
      loaded += value.length;
      options.onBytes?.(loaded, Math.max(total, total && loaded));
    }
  } catch (error) {
    stop();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', stop);
  }
}

async function nextChunk(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  where: string,
  { signal }: ReadOptions,
): Promise<ReadableStreamReadResult<Uint8Array>> {
  let chunk: ReadableStreamReadResult<Uint8Array>;
  try {
    chunk = await reader.read();
  } catch (cause) {
    signal?.throwIfAborted();
    throw new SpikeletError('not-found', 'the connection broke before the end', { where, cause });
  }
  signal?.throwIfAborted();
  return chunk;
}

function enlarged(bytes: Uint8Array<ArrayBuffer>, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(needed, 2 * bytes.length));
  larger.set(bytes);
  return larger;
}
