import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { digest, hexOf } from '../../src/format/digest.js';
import { sha256 } from '../../src/format/sha256.js';

const bytesOf = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 255);

const trusted = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('SHA-256', () => {
  test("equals Node's for every length around the block and padding borders", async () => {
    for (const length of [...Array(140).keys(), 1000, 4096, 100_003]) {
      const bytes = bytesOf(length);
      expect(hexOf(sha256(bytes))).toBe(trusted(bytes));
      expect(hexOf(await digest(bytes))).toBe(trusted(bytes));
    }
  });

  test('hashes a view, not the buffer under it', () => {
    const view = bytesOf(300).subarray(17, 217);
    expect(hexOf(sha256(view))).toBe(trusted(view));
  });

  test('hashes shared memory, which crypto.subtle refuses', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(100)).fill(7);
    expect(hexOf(await digest(shared))).toBe(trusted(Uint8Array.from(shared)));
  });
});
