import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ownDownload } from '../../tools/bench/download.js';

/** What a page downloads to run a model: the runtime's scripts and the kernels of one variant, compressed. */
const budget = 60_000;

test(`the runtime with one kernel variant is at most ${budget} bytes`, async () => {
  const { gzip, parts } = await ownDownload(fileURLToPath(new URL('../..', import.meta.url)));
  expect(parts.map(({ name }) => name)).toEqual(expect.arrayContaining(['runtime', 'kernels']));
  expect(Math.min(...parts.map((part) => part.gzip))).toBeGreaterThan(0);
  expect(gzip, JSON.stringify(parts)).toBeLessThanOrEqual(budget);
  expect(gzip).toBeGreaterThan(budget / 2);
});
