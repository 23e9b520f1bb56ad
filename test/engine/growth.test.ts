import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { smallFile } from './models.js';

const program = fileURLToPath(new URL('./growth.mjs', import.meta.url));

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-'));
  await writeFile(join(folder, 'small.spikelet'), smallFile);
});

afterAll(() => rm(folder, { recursive: true }));

interface Growth {
  readonly resident: readonly number[];
  readonly handles: readonly string[];
}

function measure(cycles: number, options: object): Promise<Growth> {
  // A young generation of fixed size: as it is, it grows for thousands of cycles before it settles.
  const call = [
    '--expose-gc',
    '--max-semi-space-size=1',
    program,
    join(folder, 'small.spikelet'),
    String(cycles),
    JSON.stringify(options),
  ];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, call, { timeout: 110_000 }, (error, stdout) => {
      if (error) reject(error);
      else resolve(JSON.parse(stdout));
    });
  });
}

const megabyte = 2 ** 20;

/** Memory of the last measurements beyond that of the first ones, the very first left out as warm-up. */
function growthOf({ resident }: Growth): number {
  const middle = (values: readonly number[]): number =>
    [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
  return middle(resident.slice(-3)) - middle(resident.slice(2, 5));
}

test('memory stays flat over 1,000 cycles of load, run and close', { timeout: 120_000 }, async () => {
  const growth = await measure(1000, {});
  expect(growthOf(growth), growth.resident.join(' ')).toBeLessThan(8 * megabyte);
  expect(growth.handles).toEqual([]);
});

test.each([
  { threads: 2 },
  { worker: true },
])('memory stays flat and nothing stays open over cycles with %j', { timeout: 120_000 }, async (options) => {
  const growth = await measure(60, options);
  expect(growthOf(growth), growth.resident.join(' ')).toBeLessThan(12 * megabyte);
  expect(growth.handles).toEqual([]);
});
