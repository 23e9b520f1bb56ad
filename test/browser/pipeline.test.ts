import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasChromium } from './chromium.js';
import { type ExamplePage, openExample } from './example.js';

let example: ExamplePage;
let page: Page;

beforeAll(async () => {
  if (!hasChromium) return;
  example = await openExample('examples/vit-pipeline/vite.config.ts', { width: 1100, height: 1000 });
  page = example.page;
});

afterAll(async () => {
  if (hasChromium) await example.close();
});

const logged = (text: string): Promise<unknown> =>
  page.waitForFunction((wanted) => document.querySelector('#log')?.textContent?.includes(wanted), text, {
    timeout: 50_000,
  });

const speed = async (): Promise<string> => (await page.locator('#speed').textContent()) ?? '';

const resultCount = async (): Promise<number> => Number(/results(\d+),/.exec(await speed())?.[1]);

const moreResultsThan = (count: number): Promise<unknown> =>
  page.waitForFunction(
    (before) =>
      Number(/results(\d+),/.exec(document.querySelector('#speed')?.textContent ?? '')?.[1]) > before,
    count,
    { timeout: 50_000 },
  );

describe.skipIf(!hasChromium)('the page for pipelines', () => {
  it('runs a model in stages without shared memory', async () => {
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    await page.selectOption('#workers', '3');
    await page.click('#start');
    await moreResultsThan(0);
    expect(await page.locator('#stages li').count()).toBe(3);
    expect(await page.locator('#stages').textContent()).toMatch(/Stage 1: layers 1 to \d+/);
  });

  it('replaces a worker that is ended, and goes on with the same results', async () => {
    const before = await resultCount();
    await page.locator('#stages li').nth(1).getByRole('button').click();
    await logged('Ended the worker of stage 2');
    await logged('Another has taken over');
    await moreResultsThan(before + 20);
    expect(await speed()).toContain("all equal to one worker's");
    expect(await page.locator('#stages li').nth(1).textContent()).toContain('ended 1 time');
  });

  it('stops, and can be started again', async () => {
    await page.click('#stop');
    await logged('Stopped after');
    await page.selectOption('#workers', '1');
    await page.click('#start');
    await page.waitForFunction(() => document.querySelectorAll('#stages li').length === 1, undefined, {
      timeout: 50_000,
    });
    await page.click('#stop');
    await page.waitForFunction(() => document.querySelector('#start:not([disabled])') !== null);
    expect(await page.locator('#failure').isHidden()).toBe(true);
    expect(example.complaints).toEqual([]);
  });
});
