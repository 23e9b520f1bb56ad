import { nodeBuiltin } from '../host.js';

/** Bytes in lower-case hexadecimal. */
export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * SHA-256 of bytes: by Node's own, which needs no copy, or by `crypto.subtle`. Pages without
 * a secure context have none, and it refuses shared memory; only then the plain one is loaded, which is slower.
 */
export async function digest(bytes: Uint8Array): Promise<Uint8Array> {
  const node = nodeBuiltin('node:crypto');
  if (node) return node.createHash('sha256').update(bytes).digest();
  const subtle = globalThis.crypto?.subtle;
  const { buffer } = bytes;
  if (!subtle || !(buffer instanceof ArrayBuffer)) return (await import('./sha256.js')).sha256(bytes);
  const view = new Uint8Array(buffer, bytes.byteOffset, bytes.length);
  return new Uint8Array(await subtle.digest('SHA-256', view));
}
