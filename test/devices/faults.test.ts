import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Publish } from '../../src/devices/link.js';
import { readMessageId } from '../../src/devices/wire/subjects.js';
import { rejection } from '../engine/plans.js';
import { Company, items, openHere, resultsOf, resultsOfOne, slowly } from './fixture.js';
import { hasNats, startNats, type TestServer } from './nats-server.js';

const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => void unhandled.push(reason));

let server: TestServer;
let company: Company;
let expected: readonly unknown[];

beforeAll(async () => {
  if (!hasNats) return;
  server = await startNats();
  expected = await resultsOfOne();
});

beforeEach(() => {
  if (hasNats) company = new Company(server.url);
});

afterEach(async () => {
  await company?.leave();
  expect(unhandled).toEqual([]);
});

afterAll(async () => {
  if (hasNats) await server.stop();
});

const inASecond = { timeout: 20_000, interval: 100 };
const faults = describe.skipIf(!hasNats);

faults('every item has one result, in order, with the same bytes, when', { timeout: 120_000 }, () => {
  test.each([3, 17])('the process of a device is killed after %i results', async (when) => {
    const doomed = await company.spawn('a');
    await company.join('b');
    await company.join('c');
    const line = await company.line({ devices: 3 });
    const results = await resultsOf(line, (count) => count === when && doomed.kill('SIGKILL'));
    expect(results).toEqual(expected);
    expect(line.plans).toBeGreaterThanOrEqual(2);
    expect(line.devices().map(({ name }) => name)).toEqual(['b', 'c']);
  });

  test('the processes of all devices are killed, and another comes', async () => {
    const doomed = [await company.spawn('a'), await company.spawn('b')];
    const line = await company.line({ devices: 2 });
    const results = await resultsOf(line, async (count) => {
      if (count !== 5) return;
      for (const one of doomed) one.kill('SIGKILL');
      await company.join('c');
    });
    expect(results).toEqual(expected);
  });

  test('a device leaves', async () => {
    const leaver = await company.join('a');
    await company.join('b');
    const line = await company.line({ devices: 2 });
    const results = await resultsOf(line, (count) => count === 9 && leaver.close());
    expect(results).toEqual(expected);
    expect(line.schedule.stages.map(({ devices }) => devices)).toEqual([['b']]);
  });

  test('a device joins, and makes a better plan possible', async () => {
    await company.join('a', { open: slowly(30) });
    const line = await company.line();
    const results = await resultsOf(line, async (count) => {
      if (count !== 5) return;
      await company.join('b', { open: slowly(30) });
      await vi.waitFor(() => expect(line.schedule.stages).toHaveLength(2), inASecond);
    });
    expect(results).toEqual(expected);
    expect(line.plans).toBe(2);
  });

  test('the server is killed and started again', async () => {
    for (const name of ['a', 'b', 'c']) await company.join(name);
    const line = await company.line({ devices: 3 });
    const results = await resultsOf(line, async (count) => {
      if (count !== 10) return;
      await server.kill();
      await sleep(500);
      await server.start();
    });
    expect(results).toEqual(expected);
    expect(line.plans).toBeGreaterThanOrEqual(2);
  });

  test('the connection of the coordinator is cut', async () => {
    for (const name of ['a', 'b']) await company.join(name);
    const line = await company.line({ devices: 2 });
    const results = await resultsOf(line, (count) => count === 10 && company.cut());
    expect(results).toEqual(expected);
  });
});

let turn = 0;
/** Every so often: the first time, too. */
const every = (n: number): boolean => turn++ % n === 0;

const twice =
  (publish: Publish): Publish =>
  async (subject, message, id) => {
    await publish(subject, message, id);
    // Under a name of its own, as the server would not take it twice under the same.
    return publish(subject, message, `${id} again`);
  };

const late =
  (publish: Publish): Publish =>
  async (subject, message, id) => {
    if (every(3)) await sleep(150);
    return publish(subject, message, id);
  };

/** Holds a message back until the next one has passed it. */
function swapped(publish: Publish): Publish {
  let release = (): void => undefined;
  return async (subject, message, id) => {
    if (every(2)) {
      await Promise.race([sleep(300), new Promise<void>((resolve) => (release = resolve))]);
      return publish(subject, message, id);
    }
    const result = await publish(subject, message, id);
    release();
    return result;
  };
}

const damaged =
  (publish: Publish): Publish =>
  (subject, message, id) => {
    const isHit = every(7);
    const changed = message.slice();
    const at = (turn * 7919) % changed.length;
    changed[at] = (changed[at] ?? 0) ^ 0x10;
    return publish(subject, isHit ? changed : message, id);
  };

/** As a server does that says that it has a message and then loses it: some of the first attempts. */
const forgotten =
  (publish: Publish): Publish =>
  async (subject, message, id) => {
    const isFirstAttempt = readMessageId(id)?.attempt === 1;
    return isFirstAttempt && every(9) ? undefined : publish(subject, message, id);
  };

faults(
  'every item has one result, in order, with the same bytes, where messages are',
  { timeout: 120_000 },
  () => {
    test.each([
      ['duplicated', twice, {}],
      ['delayed', late, {}],
      ['reordered', swapped, {}],
      ['damaged', damaged, {}],
      ['acknowledged and lost', forgotten, { deadline: 8000 }],
    ] as const)('%s', async (_, tamper, options) => {
      for (const name of ['a', 'b', 'c']) await company.join(name, { tamper });
      const line = await company.line({ devices: 3, ...options }, tamper);
      expect(await resultsOf(line)).toEqual(expected);
      expect(line.plans).toBe(1);
    });
  },
);

faults('a slow stage', { timeout: 120_000 }, () => {
  test('holds up the others: what is under way is bounded', async () => {
    await company.join('a');
    await company.join('b', { open: slowly(100) });
    const line = await company.line({ devices: 2, credits: 1 });
    let most = 0;
    let taken = 0;
    function* counted() {
      for (const item of items) {
        taken++;
        yield item;
      }
    }
    let results = 0;
    for await (const _ of line.map(counted())) {
      results++;
      most = Math.max(most, taken - results);
      for (const { queue } of await line.figures()) expect(queue).toBeLessThanOrEqual(5);
    }
    expect(results).toBe(items.length);
    // Two devices with an item at work and one waiting each, and one credit more; one is taken in advance.
    expect(most).toBeLessThanOrEqual(6);
  });
});

faults('what fails, fails with a typed error:', { timeout: 120_000 }, () => {
  test('an item whose deadline passes', async () => {
    await company.join('a', { open: slowly(60_000) });
    const line = await company.line({ deadline: 1000 });
    expect(await rejection(line.run(items[0] ?? {}))).toMatchObject({ code: 'timeout', where: 'item 0' });
  });

  test('an item while there are no devices left, with the reason', async () => {
    const only = await company.join('a');
    const line = await company.line({ deadline: 2000 });
    await only.close();
    await vi.waitFor(() => expect(line.devices()).toEqual([]), inASecond);
    const error = await rejection(line.run(items[0] ?? {}));
    expect(error).toMatchObject({ code: 'timeout' });
    expect(String(error)).toContain('0 of 1 devices are there');
  });

  test('a model that no device trusts', async () => {
    await company.join('a', { open: openHere(['ab'.repeat(32)]) });
    const error = await rejection(company.line({ joinWithin: 3000 }));
    expect(error).toMatchObject({ code: 'unsupported' });
    expect(String(error)).toContain('is not a model that this device trusts');
  });

  test('too few devices', async () => {
    await company.join('a');
    const error = await rejection(company.line({ devices: 2, joinWithin: 1500 }));
    expect(error).toMatchObject({ code: 'timeout' });
    expect(String(error)).toContain('1 of 2 devices are there');
  });

  test('an item that a stage cannot compute, while others can', async () => {
    let count = 0;
    await company.join('a', {
      open: async (assignment, fetch) => {
        const model = await openHere()(assignment, fetch);
        return {
          run: (inputs) => (count++ === 1 ? Promise.reject(new Error('no luck')) : model.run(inputs)),
          close: () => model.close(),
        };
      },
    });
    const line = await company.line();
    const [first, second, third] = await Promise.allSettled(items.slice(0, 3).map((item) => line.run(item)));
    expect(first).toMatchObject({ status: 'fulfilled', value: expected[0] });
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'internal', message: 'no luck' } });
    expect(third).toMatchObject({ status: 'fulfilled', value: expected[2] });
  });

  test('whatever waits when it is closed', async () => {
    await company.join('a', { open: slowly(10_000) });
    const line = await company.line();
    const waiting = items.slice(0, 3).map((item) => rejection(line.run(item)));
    line.close();
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ code: 'closed' });
    expect(await rejection(line.run(items[0] ?? {}))).toMatchObject({ code: 'closed' });
  });

  test('a message that is none of ours is ignored', async () => {
    await company.join('a');
    const line = await company.line();
    await company.say('devices', '{"id":"x","name":[]}');
    await company.say('devices', new Uint8Array([0, 255, 3]));
    expect(await line.run(items[0] ?? {})).toEqual(expected[0]);
    expect(line.devices().map(({ name }) => name)).toEqual(['a']);
  });
});

faults('a device', { timeout: 60_000 }, () => {
  test('gives its stage up when the pipeline is closed, and is free for another', async () => {
    const own = await company.join('a');
    const first = await company.line();
    await first.run(items[0] ?? {});
    expect(own.figures()).toMatchObject({ stage: 0, begin: 0 });
    first.close();
    await first.closed;
    await vi.waitFor(() => expect(own.figures()).toBeUndefined(), inASecond);
    const second = await company.line();
    expect(await second.run(items[0] ?? {})).toEqual(expected[0]);
  });

  test('holds the weights of its own stage alone', async () => {
    const own = [await company.join('a'), await company.join('b')];
    const one = await company.line({ devices: 2 });
    const both = own.map((device) => device.figures()?.fileBytes ?? 0);
    expect(Math.min(...both)).toBeGreaterThan(0);
    one.close();
    await one.closed;
    await own[1]?.close();
    await company.line();
    expect(Math.max(...both)).toBeLessThan(own[0]?.figures()?.fileBytes ?? 0);
  });
});
