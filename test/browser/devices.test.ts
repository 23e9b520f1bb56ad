import { readFileSync } from 'node:fs';
import { load } from 'spikelet';
import { device, devicePipeline, modelIdentity } from 'spikelet/devices';
import { unpack } from 'spikelet/format';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority, hasOpenssl } from '../devices/certificates.js';
import { hasNats, startNats, type TestServer } from '../devices/nats-server.js';
import { hasChromium } from './chromium.js';
import { type ExamplePage, openExample } from './example.js';

const canRun = hasChromium && hasNats;
/** Of integers: what a browser computes of it are the bytes that Node computes. */
const graph = unpack(
  readFileSync(new URL('../../examples/models/resnet18-cifar10/int8.spikelet', import.meta.url)),
);
const images = Array.from({ length: 24 }, (_, item) => ({
  image: Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => Math.sin(i * (item + 1))),
}));
let server: TestServer;
let example: ExamplePage;

beforeAll(async () => {
  if (!canRun) return;
  server = await startNats();
  example = await openExample('test/browser/device/vite.config.ts', { width: 400, height: 300 });
});

afterAll(async () => {
  if (!canRun) return;
  await example.close();
  await server.stop();
});

const titled = (wanted: string): Promise<unknown> =>
  example.page.waitForFunction((text) => document.title.startsWith(text), wanted, { timeout: 30_000 });

describe.skipIf(!canRun)('a tab as a device', () => {
  it('computes its stage with the bytes of one engine, and leaves', async () => {
    const { page } = example;
    const query = new URLSearchParams({ server: server.webUrl, trust: await modelIdentity(graph) });
    await page.goto(`${page.url()}?${query}`);
    await titled('there');
    const other = await device({ servers: server.url, trust: 'any', memory: 256e6, name: 'process' });
    const line = await devicePipeline(graph, { servers: server.url, devices: 2 });
    const whole = await load(graph);
    let item = 0;
    for await (const outputs of line.map(images)) {
      expect(outputs).toEqual(await whole.run(images[item] ?? {}));
      if (++item !== 6) continue;
      expect(line.devices().map(({ name }) => name)).toEqual(['process', 'tab']);
      await page.click('html');
      await titled('left after');
    }
    expect(item).toBe(images.length);
    expect(Number(/after (\d+)/.exec(await page.title())?.[1])).toBeGreaterThanOrEqual(6);
    expect(line.schedule.stages.flatMap(({ devices }) => devices)).toEqual(['process']);
    // Version 2.9 of the server ends WebSockets with a status that browsers do not like.
    expect(example.complaints.filter((text) => !text.includes('close frame'))).toEqual([]);
    whole.close();
    line.close();
    await Promise.all([line.closed, other.close()]);
  });
});

describe.skipIf(!canRun || !hasOpenssl)('a tab as a device by wss://', () => {
  it('computes its stage with the bytes of one engine', async () => {
    const authority = new Authority();
    const { certFile, keyFile } = authority.sign({ commonName: 'server' });
    const tls = `tls { cert_file: "${certFile}", key_file: "${keyFile}" }`;
    const secure = await startNats(tls, tls);
    const context = await example.page.context().browser()?.newContext({ ignoreHTTPSErrors: true });
    const page = await context?.newPage();
    const webUrl = secure.webUrl.replace('ws://127.0.0.1', 'wss://localhost');
    const query = new URLSearchParams({ server: webUrl, trust: await modelIdentity(graph) });
    await page?.goto(`${new URL(example.page.url()).origin}?${query}`);
    const servers = secure.url.replace('nats://127.0.0.1', 'tls://localhost');
    const line = await devicePipeline(graph, { servers, tls: { ca: authority.ca } });
    const whole = await load(graph);
    const [image = {}] = images;
    expect(await line.run(image)).toEqual(await whole.run(image));
    expect(line.devices().map(({ name }) => name)).toEqual(['tab']);
    whole.close();
    line.close();
    await line.closed;
    await context?.close();
    await secure.stop();
    authority.remove();
  });
});
