import { SpikeletError } from '../error.js';

/**
 * The bytes of a file as a plain view, whatever subclass they come in: `slice` of Node's Buffer does not copy.
 * Throws `invalid-input` for what is no view of bytes.
 */
export function fileBytes(bytes: Uint8Array): Uint8Array {
  if (!ArrayBuffer.isView(bytes)) {
    throw new SpikeletError('invalid-input', 'must be a Uint8Array with the contents of the file', {
      where: 'bytes',
    });
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
