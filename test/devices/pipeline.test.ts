import { getEventListeners } from 'node:events';
import { load } from 'spikelet';
import {
  type DeviceHandle,
  type DevicePipeline,
  device,
  devicePipeline,
  modelIdentity,
} from 'spikelet/devices';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { rejection } from '../engine/plans.js';
import { imagesOf, residual } from '../pipeline/run/networks.js';
import { hasNats, startNats, type TestServer } from './nats-server.js';

const items = imagesOf(24);
let server: TestServer;
const open: { close(): unknown; readonly closed: Promise<unknown> }[] = [];

beforeAll(async () => {
  if (hasNats) server = await startNats();
});

afterAll(async () => {
  if (hasNats) await server.stop();
});

afterEach(async () => {
  for (const one of open.splice(0)) {
    one.close();
    await one.closed;
  }
});

async function expected() {
  const model = await load(residual.graph);
  const results = [];
  for (const item of items) results.push(await model.run(item));
  model.close();
  return results;
}

async function join(name: string, more: object = {}): Promise<DeviceHandle> {
  const own = await device({ servers: server.url, name, memory: 1e9, trust: 'any', ...more });
  open.push(own);
  return own;
}

async function line(more: object = {}): Promise<DevicePipeline> {
  const own = await devicePipeline(residual.graph, { servers: server.url, ...more });
  open.unshift(own);
  return own;
}

async function resultsOf(own: DevicePipeline) {
  const results = [];
  for await (const outputs of own.map(items)) results.push(outputs);
  return results;
}

describe.skipIf(!hasNats)('a model on devices', { timeout: 60_000 }, () => {
  test('gives the bytes of one engine, in order', async () => {
    await Promise.all(['a', 'b', 'c'].map((name) => join(name)));
    const own = await line({ devices: 3 });
    expect(own.schedule.stages).toHaveLength(3);
    expect(await resultsOf(own)).toEqual(await expected());
    expect(own.devices().map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  test('starts no device whose signal comes while it starts', async () => {
    const stopper = new AbortController();
    const started = join('a', { signal: stopper.signal });
    stopper.abort(new Error('enough'));
    await expect(started).rejects.toThrow('enough');
  });

  test('leaves no listener behind where a device has closed', async () => {
    const { signal } = new AbortController();
    const own = await join('a', { signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await own.close();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('says which device it leaves out because another has its name', async () => {
    await join('attic');
    await join('attic');
    const error = await rejection(line({ devices: 2, joinWithin: 4000 }));
    expect(error).toMatchObject({ code: 'timeout' });
    expect(String(error)).toContain(
      "1 of 2 devices are there and free; another device is called 'attic', too",
    );
  });

  test('is named by its identity', async () => {
    const identity = await modelIdentity(residual.graph);
    await join('a', { trust: [identity] });
    const own = await line();
    expect(own.identity).toBe(identity);
    expect(await own.run(items[0] ?? {})).toEqual((await expected())[0]);
  });
});
