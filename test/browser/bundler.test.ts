import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { smallAnswer, smallFile, smallInput } from '../engine/models.js';
import { hasExactRelaxedDot } from '../machine.js';
import { type Consumer, installPacked } from '../package/packed.js';
import { hasChromium, launchChromium } from './chromium.js';
import { serve } from './server.js';
import { policy } from './visit.js';

const program = `
import { load } from 'spikelet';
import { pipeline } from 'spikelet/pipeline';

const hashOf = (bytes) => {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
};

globalThis.run = async (options) => {
  const model = await load('/small.spikelet', options);
  const { y } = await model.run({ x: ${JSON.stringify([...smallInput])} });
  const { variant, threads } = model.explain();
  model.close();
  return { hash: hashOf(y.data), variant, threads };
};

globalThis.runStages = async () => {
  const line = await pipeline('/small.spikelet', { workers: 2 });
  const results = [];
  const items = Array(5).fill({ x: ${JSON.stringify([...smallInput])} });
  for await (const { y } of line.map(items)) {
    results.push(hashOf(y.data));
    if (results.length === 2) line.terminate(0);
  }
  const stages = line.schedule.stages.length;
  line.close();
  return { results, stages };
};
`;

/** Files of a folder as paths of a site. */
function filesOf(folder: string): Readonly<Record<string, Uint8Array>> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    names.map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return [file.slice(folder.length), readFileSync(file)];
    }),
  );
}

describe.skipIf(!hasChromium)('a page built by Vite from the packed package', () => {
  let consumer: Consumer;
  let browser: Browser;

  beforeAll(async () => {
    consumer = installPacked();
    const html = '<!doctype html><title>Page</title><script type="module" src="/main.js"></script>';
    writeFileSync(join(consumer.folder, 'index.html'), html);
    writeFileSync(join(consumer.folder, 'main.js'), program);
    mkdirSync(join(consumer.folder, 'public'));
    writeFileSync(join(consumer.folder, 'public/small.spikelet'), smallFile);
    const { build } = await import('vite');
    await build({ root: consumer.folder, logLevel: 'error', configFile: false });
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    consumer?.remove();
  });

  test.each([
    {},
    { threads: 2 },
    { worker: true },
    { worker: true, threads: 2 },
  ])('runs a model under a strict policy without any setting, with %j', async (options) => {
    const headers = { 'Content-Security-Policy': policy };
    const site = await serve({ files: filesOf(join(consumer.folder, 'dist')), isolated: true, headers });
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${site.url}/index.html`);
    const result = await page.evaluate((given) => {
      const { run } = globalThis as unknown as { run(options: object): Promise<{ readonly hash: number }> };
      return run(given);
    }, options);
    expect(complaints).toEqual([]);
    expect(result).toEqual({
      hash: smallAnswer,
      variant: hasExactRelaxedDot() ? 'relaxed' : 'simd',
      threads: { requested: options.threads ?? 1, used: options.threads ?? 1 },
    });
    await page.close();
    site.close();
  });

  test('runs a pipeline of workers without isolation, and replaces one that dies', async () => {
    const headers = { 'Content-Security-Policy': policy };
    const site = await serve({ files: filesOf(join(consumer.folder, 'dist')), isolated: false, headers });
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(`${site.url}/index.html`);
    const result = await page.evaluate(() =>
      (globalThis as unknown as { runStages(): Promise<unknown> }).runStages(),
    );
    expect(complaints).toEqual([]);
    expect(result).toEqual({ results: Array(5).fill(smallAnswer), stages: 2 });
    await page.close();
    site.close();
  });
});
