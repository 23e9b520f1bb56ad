import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { build, preview } from 'vite';
import { launchChromium } from './chromium.js';

/** An example's page as it is built, open in a browser. */
export interface ExamplePage {
  readonly page: Page;
  /** Console errors and exceptions so far. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

export async function openExample(
  configFile: string,
  viewport: { readonly width: number; readonly height: number },
): Promise<ExamplePage> {
  const outDir = mkdtempSync(join(tmpdir(), 'spikelet-example-'));
  await build({ configFile, logLevel: 'error', build: { outDir } });
  const browser = await launchChromium();
  const server = await preview({ configFile, logLevel: 'error', build: { outDir }, preview: { port: 0 } });
  const page = await browser.newPage({ viewport });
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  await page.goto(server.resolvedUrls?.local[0] ?? '');
  return {
    page,
    complaints,
    close: async () => {
      await browser.close();
      await server.close();
      rmSync(outDir, { recursive: true });
    },
  };
}
