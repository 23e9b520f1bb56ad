import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pack } from '../../src/format/spikelet.js';
import { goldenNetworks } from '../conformance/networks.js';
import { hasChromium, launchChromium } from './chromium.js';
import { act, type Visit, visit } from './visit.js';

const networks = goldenNetworks.map(({ name, make, hash }, i) => {
  const { graph, inputs } = make();
  const image = inputs.image?.data ?? new Uint8Array();
  return { name, hash, address: `/golden-${i}.spikelet`, file: pack(graph), image: [...image] };
});

describe.skipIf(!hasChromium)('integer networks in Chromium give the golden bytes', () => {
  let browser: Browser;
  let isolated: Visit;

  beforeAll(async () => {
    browser = await launchChromium();
    const files = Object.fromEntries(networks.map(({ address, file }) => [address, file]));
    isolated = await visit(browser, files, { isolated: true });
  });

  afterAll(async () => {
    await browser?.close();
    isolated?.close();
  });

  test.each(networks)('$name', async ({ address, image, hash }) => {
    for (const options of [{ variant: 'simd' }, { variant: 'auto' }, { threads: 2 }] as const) {
      const { hashes } = await act(isolated.page, 'run', address, image, options, 1);
      expect(hashes).toEqual([hash]);
    }
  });
});
