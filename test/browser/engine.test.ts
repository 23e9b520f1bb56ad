import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../../src/format/spikelet.js';
import { interpret } from '../../src/graph/interpret.js';
import { slowGraph, slowInput, smallFile, smallGraph, smallInput } from '../engine/models.js';
import { builtModule } from '../kernels/built.js';
import { hasExactRelaxedDot } from '../machine.js';
import { hasChromium, launchChromium } from './chromium.js';
import { act, pageScript, type Visit, visit } from './visit.js';

const best = hasExactRelaxedDot() ? 'relaxed' : 'simd';

const files = {
  '/kernels.wasm': builtModule('core', best),
  '/small.spikelet': smallFile,
  '/slow.spikelet': pack(slowGraph),
  '/page': '<!doctype html>',
  '/service-worker.js': await pageScript('./page/service-worker.ts'),
};
const x = [...smallInput];

const expected = ((): string => {
  const shape = smallGraph.inputs[0]?.type.shape ?? [];
  const { y } = interpret(smallGraph, { x: { dtype: 'u8', shape, data: smallInput } });
  return createHash('sha256')
    .update(Uint8Array.from(y?.data ?? []))
    .digest('hex');
})();

const oneThread = { requested: 1, used: 1 };

describe.skipIf(!hasChromium)('in Chromium', () => {
  let browser: Browser;
  let isolated: Visit;
  let plain: Visit;

  beforeAll(async () => {
    browser = await launchChromium();
    [isolated, plain] = await Promise.all([
      visit(browser, files, { isolated: true }),
      visit(browser, files, { isolated: false }),
    ]);
  });

  afterAll(async () => {
    await browser?.close();
    isolated?.close();
    plain?.close();
  });

  test('relaxed SIMD is found where it is exact, and threads where the page is isolated', async () => {
    const there = await act(isolated.page, 'capabilities');
    expect(there).toMatchObject({ simd: true, threads: true });
    if (hasExactRelaxedDot()) expect(there.relaxedDot).toMatch(/^(usdot|sdot)$/);
    else expect(there.relaxedDot).toBeUndefined();
    expect(await act(plain.page, 'capabilities')).toMatchObject({
      threads: false,
      threadsReason: expect.stringMatching(
        /^the page is not cross-origin isolated: serve it with the headers/,
      ),
    });
  });

  test.each([
    [best, {}],
    ['simd', { variant: 'simd' }],
    [best, { worker: true }],
    ['simd', { worker: true, variant: 'simd' }],
  ] as const)('%s kernels give the bytes of the reference with %j', async (variant, options) => {
    for (const { page } of [isolated, plain]) {
      const outcome = await act(page, 'run', '/small.spikelet', x, options, 2);
      expect(outcome).toMatchObject({ variant, hashes: [expected, expected], threads: oneThread });
    }
    expect([...isolated.complaints, ...plain.complaints]).toEqual([]);
  });

  test.each([
    ['two', { threads: 2 }],
    ['three', { threads: 3 }],
    ['two simd', { threads: 2, variant: 'simd' }],
    ['two of a worker', { threads: 2, worker: true }],
  ] as const)('%s threads give the same bytes over many runs', async (_, options) => {
    const outcome = await act(isolated.page, 'run', '/small.spikelet', x, options, 200);
    const used = Math.min(options.threads, availableParallelism());
    expect(outcome.threads).toMatchObject({ requested: options.threads, used });
    expect(new Set(outcome.hashes)).toEqual(new Set([expected]));
  });

  test('threads fall back to one where memory cannot be shared, with the reason', async () => {
    for (const worker of [false, true]) {
      const { threads, hashes } = await act(plain.page, 'run', '/small.spikelet', x, { threads: 2, worker });
      expect(threads).toMatchObject({
        requested: 2,
        used: 1,
        reason: expect.stringMatching(/cross-origin isolated/),
      });
      expect(hashes).toEqual([expected]);
    }
  });

  test('kernels as files give the same bytes', async () => {
    const fresh = await visit(browser, files, { isolated: false });
    expect((await act(fresh.page, 'runExternal', '/small.spikelet', x)).hashes).toEqual([expected]);
    const kernels = fresh.site.requests.filter((path) => path.includes('/kernels/'));
    expect(kernels).toEqual([`/dist/kernels/core-${best}.wasm`]);
    await fresh.close();
  });

  test('a service worker, which cannot import modules late, is given its kernels', async () => {
    const result = await act(plain.page, 'runInServiceWorker', x);
    expect(result).toMatchObject({ variant: best, hashes: [expected] });
  });

  test('a page downloads the kernels of one variant only', async () => {
    const fresh = await visit(browser, files, { isolated: false });
    await act(fresh.page, 'run', '/small.spikelet', x, {});
    expect(fresh.site.requests.filter((path) => path.includes('/kernels/'))).toEqual([
      `/dist/kernels/generated/core-${best}.js`,
    ]);
    await fresh.close();
  });

  test('a model in a worker leaves the page responsive', async () => {
    const inPage = await act(plain.page, 'longestPause', '/slow.spikelet', slowInput.length, false);
    const inWorker = await act(plain.page, 'longestPause', '/slow.spikelet', slowInput.length, true);
    expect(inWorker).toBeLessThan(inPage / 2);
  });

  test.each([
    {},
    { worker: true },
    { threads: 2 },
    { worker: true, threads: 2 },
  ])('a run can be aborted, and the model used again, with %j', async (options) => {
    const result = await act(isolated.page, 'abortedRun', '/slow.spikelet', slowInput.length, options);
    expect(result).toMatch(/enough, then no error$/);
  });

  test.each([
    {},
    { worker: true },
    { threads: 2 },
  ])('close rejects runs under way and later ones, with %j', async (options) => {
    const results = await act(isolated.page, 'closedRuns', '/slow.spikelet', slowInput.length, options);
    expect(results).toHaveLength(3);
    for (const result of results) expect(result).toMatch(/^closed/);
  });

  test.each([
    ['/missing', /^not-found .*\/missing: the server answered 404/],
    ['/page', /^invalid-model .*: is HTML or XML, not a model file/],
  ])('%s is a typed error, in a worker too', async (path, message) => {
    expect(await act(plain.page, 'failure', path, {})).toMatch(message);
    expect(await act(plain.page, 'failure', path, { worker: true })).toMatch(message);
  });

  test('kernels that are a page of the server are named as such', async () => {
    expect(await act(plain.page, 'failure', '/small.spikelet', { kernels: '/page' })).toMatch(
      /^not-found kernels from \/page: not a WebAssembly module \(the server returned HTML instead\)/,
    );
  });

  test('a worker whose script is missing is a typed error', async () => {
    expect(await act(plain.page, 'ownWorkerFailure', '/small.spikelet', '/no-such-worker.js')).toMatch(
      /^closed the worker died \(its script could not be loaded\)/,
    );
  });
});
