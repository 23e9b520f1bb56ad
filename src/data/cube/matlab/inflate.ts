import { SpikeletError } from '../../../error.js';

/**
 * The first `atMost` bytes of zlib data, or all if there are fewer. Takes no more memory than that and a few blocks,
 * whatever the data would unpack to.
 */
export async function inflate(packed: Uint8Array, atMost: number, where: string): Promise<Uint8Array> {
  const blocks: Uint8Array[] = [];
  let length = 0;
  try {
    const reader = new Blob([Uint8Array.from(packed)])
      .stream()
      .pipeThrough(new DecompressionStream('deflate'))
      .getReader();
    while (length < atMost) {
      const { done, value } = await reader.read();
      if (done) break;
      blocks.push(value);
      length += value.length;
    }
    if (length >= atMost) await reader.cancel();
  } catch (cause) {
    throw new SpikeletError('invalid-input', 'the compressed data is damaged or cut off', { where, cause });
  }
  const result = new Uint8Array(Math.min(length, atMost));
  let at = 0;
  for (const block of blocks) {
    result.set(block.subarray(0, result.length - at), at);
    at += Math.min(block.length, result.length - at);
  }
  return result;
}
