import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { sha256, sha256Async } from '../../src/format/sha256.js';

const bytesOf = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 255);

const trusted = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('SHA-256', () => {
  test("equals Node's for every length around the block and padding borders", async () => {
    for (const length of [...Array(140).keys(), 1000, 4096, 100_003]) {
      const bytes = bytesOf(length);
      expect(sha256(bytes)).toBe(trusted(bytes));
      expect(await sha256Async(bytes)).toBe(trusted(bytes));
    }
  });

  test('hashes a view, not the buffer under it', () => {
    const view = bytesOf(300).subarray(17, 217);
    expect(sha256(view)).toBe(trusted(view));
  });

  test('hashes shared memory, which crypto.subtle refuses', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(100)).fill(7);
    expect(await sha256Async(shared)).toBe(trusted(Uint8Array.from(shared)));
  });
});
