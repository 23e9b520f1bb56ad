import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import type { BrowserRuntime, NodeRuntime, Runtime } from '../runtimes.js';
import { serveFolder } from './serve.js';
import type { Session, SessionResult } from './session.js';

const run = promisify(execFile);

async function launchNode(runtime: NodeRuntime, root: string, session: Session): Promise<SessionResult> {
  const script = join(root, 'build/bench/node-entry.mjs');
  const { stdout } = await run(runtime.command, [script, JSON.stringify(session)], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout);
}

/** Runs the session in a dedicated worker of a cross-origin isolated page. */
async function launchBrowser(
  runtime: BrowserRuntime,
  root: string,
  session: Session,
): Promise<SessionResult> {
  const { url, server } = await serveFolder(root);
  const browser = await chromium.launch({
    executablePath: runtime.command,
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${url}/tools/bench/page.html`);
    return await page.evaluate(
      (given) =>
        new Promise<SessionResult>((resolve, reject) => {
          const worker = new Worker('/build/bench/worker-entry.js', { type: 'module' });
          worker.onmessage = ({ data }) =>
            'result' in data ? resolve(data.result) : reject(new Error(data.error));
          worker.onerror = (event) => reject(new Error(event.message));
          worker.postMessage(given);
        }),
      session,
    );
  } finally {
    await browser.close();
    server.close();
  }
}

/** Runs a session in a fresh process of the runtime. */
export const launchSession = (runtime: Runtime, root: string, session: Session): Promise<SessionResult> =>
  runtime.kind === 'node' ? launchNode(runtime, root, session) : launchBrowser(runtime, root, session);
