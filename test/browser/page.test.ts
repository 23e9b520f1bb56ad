import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { build, type PreviewServer, preview } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium, launchChromium } from './chromium.js';

const configFile = 'examples/browser/vite.config.ts';
const samples = 'examples/browser/samples';

let outDir = '';
let browser: Browser;

beforeAll(async () => {
  if (!hasChromium) return;
  outDir = mkdtempSync(join(tmpdir(), 'spikelet-page-'));
  await build({ configFile, logLevel: 'error', build: { outDir } });
  browser = await launchChromium();
});

afterAll(async () => {
  if (!hasChromium) return;
  await browser.close();
  rmSync(outDir, { recursive: true });
});

/** What the page complained about: console errors, exceptions, violations of its policy. */
const complaints: string[] = [];

async function openPage(url: string): Promise<Page> {
  complaints.length = 0;
  const page = await browser.newPage({ viewport: { width: 1200, height: 1000 } });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(url);
  await page.waitForSelector('#classes li', { timeout: 50_000 });
  return page;
}

const textOf = async (locator: Locator): Promise<string> => (await locator.textContent()) ?? '';

const facts = (page: Page): Promise<string> => textOf(page.locator('#facts'));

const firstClass = (page: Page): Promise<string> => textOf(page.locator('#classes .label').first());

async function clickSample(page: Page, label: string): Promise<void> {
  await page.evaluate(() => document.querySelector('#classes')?.replaceChildren());
  await page.click(`#samples button[title=${label}]`);
  await page.waitForSelector('#classes li');
}

const labels = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

describe.skipIf(!hasChromium).each([
  { isolated: true, threads: ['1', '2'] },
  { isolated: false, threads: ['1'] },
])('the example page, cross-origin isolated: $isolated', ({ isolated, threads }) => {
  let server: PreviewServer;
  let page: Page;

  beforeAll(async () => {
    const headers: Record<string, string> = isolated
      ? { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' }
      : { 'Cross-Origin-Opener-Policy': 'unsafe-none', 'Cross-Origin-Embedder-Policy': 'unsafe-none' };
    server = await preview({
      configFile,
      logLevel: 'error',
      build: { outDir },
      preview: { port: 0, headers },
    });
    page = await openPage(server.resolvedUrls?.local[0] ?? '');
  });

  afterAll(async () => {
    await page.close();
    await server.close();
  });

  it('is isolated as the headers say and offers the threads that it can have', async () => {
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(isolated);
    const offered = await page.locator('#threads option').allTextContents();
    expect(offered.slice(0, 2)).toEqual(threads);
  });

  it('says which kernels run', async () => {
    expect(await facts(page)).toMatch(/Kernels(relaxed \((usdot|sdot)\)|simd \(i16\))/);
  });

  it('classifies the sample pictures', async () => {
    const right: string[] = [];
    for (const label of labels) {
      await clickSample(page, label);
      if ((await firstClass(page)) === label) right.push(label);
    }
    expect(right.length).toBeGreaterThanOrEqual(8);
  });

  it('classifies a file that is chosen', async () => {
    await clickSample(page, 'ship');
    await page.evaluate(() => document.querySelector('#classes')?.replaceChildren());
    await page.setInputFiles('#file', join(samples, 'truck.png'));
    await page.waitForSelector('#classes li');
    expect(await firstClass(page)).toBe('truck');
  });

  it('shows five classes whose shares descend', async () => {
    const shares = (await page.locator('#classes .number').allTextContents()).map(Number.parseFloat);
    expect(shares).toHaveLength(5);
    expect([...shares].sort((a, b) => b - a)).toEqual(shares);
  });

  it('measures the layers in the worker while the page goes on', async () => {
    const turns = await page.evaluate(async () => {
      let count = 0;
      document.querySelector<HTMLButtonElement>('#measure')?.click();
      while (document.querySelector('#layers:not([hidden])') === null) {
        await new Promise((resolve) => setTimeout(resolve));
        count++;
      }
      return count;
    });
    expect(turns).toBeGreaterThan(5);
    expect(await page.locator('#layers tbody tr').count()).toBeGreaterThan(20);
  });

  it('changes the number of threads without changing the scores', async () => {
    await clickSample(page, 'frog');
    const before = await textOf(page.locator('#classes'));
    const most = threads.at(-1) ?? '1';
    await page.selectOption('#threads', most);
    await page.waitForFunction(() => !document.querySelector<HTMLButtonElement>('#measure')?.disabled);
    await page.evaluate(() => document.querySelector('#classes')?.replaceChildren());
    await clickSample(page, 'frog');
    expect(await textOf(page.locator('#classes'))).toBe(before);
    expect(await facts(page)).toMatch(new RegExp(`Threads${most}`));
  });

  it('refuses a file that is no picture and stays usable', async () => {
    await page.setInputFiles('#file', { name: 'x.png', mimeType: 'image/png', buffer: Buffer.from('none') });
    await page.waitForSelector('#failure:not([hidden])');
    expect(await textOf(page.locator('#failure'))).toContain('not a picture');
    await clickSample(page, 'ship');
    expect(await page.locator('#failure').isHidden()).toBe(true);
  });

  it('keeps to a policy that allows its own scripts and WebAssembly alone', async () => {
    const policy = await page.locator('meta[http-equiv=Content-Security-Policy]').getAttribute('content');
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect(complaints).toEqual([]);
  });
});
