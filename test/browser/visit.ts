import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Actions } from './page/actions.js';
import { type RunningSite, serve, withAddresses } from './server.js';

/** A page of the site with its actions ready, and what the browser had to say about it. */
export interface Visit {
  readonly page: Page;
  readonly site: RunningSite;
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** The strictest policy that the package promises to work under. */
export const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; worker-src 'self'";

/** A script of this folder as a browser can run it. */
export async function pageScript(path: string): Promise<string> {
  const source = await readFile(new URL(path, import.meta.url), 'utf8');
  const { code } = await transform(source, { loader: 'ts', format: 'esm', target: 'es2022' });
  return withAddresses(code);
}

/** Opens a page that may use the package, isolated or not, under a strict policy. */
export async function visit(
  browser: Browser,
  files: Readonly<Record<string, Uint8Array | string>>,
  { isolated, withPolicy = true }: { readonly isolated: boolean; readonly withPolicy?: boolean },
): Promise<Visit> {
  const code = await pageScript('./page/actions.ts');
  const html = '<!doctype html><title>Test</title><script type="module" src="/actions.js"></script>';
  const headers: Record<string, string> = withPolicy ? { 'Content-Security-Policy': policy } : {};
  const site = await serve({
    files: {
      '/': html,
      '/index.html': html,
      '/actions.js': code,
      '/outcome.js': await pageScript('./page/outcome.ts'),
      ...files,
    },
    isolated,
    headers,
  });
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('favicon')) complaints.push(message.text());
  });
  await page.goto(`${site.url}/index.html`);
  await page.evaluate(
    () => document.readyState === 'complete' || new Promise((resolve) => addEventListener('load', resolve)),
  );
  expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
  return {
    page,
    site,
    complaints,
    close: async () => {
      await page.close();
      site.close();
    },
  };
}

/** Calls an action in the page. */
export function act<Name extends keyof Actions>(
  page: Page,
  name: Name,
  ...args: Parameters<Actions[Name]>
): Promise<Awaited<ReturnType<Actions[Name]>>> {
  return page.evaluate(
    ([action, values]) => {
      const { actions } = globalThis as unknown as {
        readonly actions: Record<string, (...values: unknown[]) => never>;
      };
      const chosen = actions[String(action)];
      if (!chosen) throw new Error(`no action ${String(action)}`);
      return chosen(...(values as unknown[]));
    },
    [name, args] as const,
  );
}
