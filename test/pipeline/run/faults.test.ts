import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { load } from 'spikelet';
import { type Pipeline, pipeline } from 'spikelet/pipeline';
import { afterEach, describe, expect, test } from 'vitest';
import { slowGraph, slowInput } from '../../engine/models.js';
import { rejection } from '../../engine/plans.js';
import { imagesOf, residual, scheduleOf } from './networks.js';

const script = new URL('../../../dist/stage.js', import.meta.url);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const items = imagesOf(40);
const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
process.on('unhandledRejection', note);

let line: Pipeline | undefined;

afterEach(async () => {
  line?.close();
  await sleep(20);
  expect(unhandled).toEqual([]);
});

/** Results without faults. */
async function expected() {
  const model = await load(residual.graph);
  const results = [];
  for (const item of items) results.push(await model.run(item));
  model.close();
  return results;
}

/** Sends all items, and does something to the pipeline after so many results. */
async function resultsWith(own: Pipeline, disturb: (count: number) => unknown) {
  const results = [];
  for await (const outputs of own.map(items)) {
    results.push(outputs);
    await disturb(results.length);
  }
  return results;
}

// A busy machine may take seconds for the slow model.
describe('a worker that dies', { timeout: 60_000 }, () => {
  test.each([
    0, 1, 2,
  ])('as stage %i leaves every item one result, in order, with the same bytes', async (stage) => {
    const own = await pipeline(residual.graph, { schedule: scheduleOf([1, 1, 1]) });
    line = own;
    const results = await resultsWith(own, (count) => {
      if (count === 7 || count === 20) own.terminate(stage);
    });
    expect(results).toEqual(await expected());
    const deaths = (await own.figures()).map((figures) => figures.deaths);
    expect(deaths).toEqual([0, 1, 2].map((other) => (other === stage ? 2 : 0)));
  });

  test('is replaced, whatever became of the signal that could have ended the start', async () => {
    const stopper = new AbortController();
    const own = await pipeline(residual.graph, { workers: 2, signal: stopper.signal });
    line = own;
    stopper.abort();
    const results = await resultsWith(own, (count) => {
      if (count === 7) own.terminate(0);
    });
    expect(results).toEqual(await expected());
  });

  test('as one of several that share a stage is replaced, too', async () => {
    const own = await pipeline(residual.graph, { schedule: scheduleOf([2, 3]) });
    line = own;
    const results = await resultsWith(own, (count) => {
      if (count === 5) own.terminate(1, 2);
      if (count === 9) own.terminate(0, 1);
    });
    expect(results).toEqual(await expected());
  });

  test('together with all others are replaced', async () => {
    const own = await pipeline(residual.graph, { schedule: scheduleOf([1, 1, 1]) });
    line = own;
    const results = await resultsWith(own, (count) => {
      if (count === 3) for (const stage of [0, 1, 2]) own.terminate(stage);
    });
    expect(results).toEqual(await expected());
  });

  test('by itself, in the middle of a layer, is noticed', async () => {
    const workers: Worker[] = [];
    const worker = (): Worker => {
      const made = new Worker(script);
      workers.push(made);
      return made;
    };
    const whole = await load(slowGraph);
    const exact = await whole.run({ x: slowInput });
    whole.close();
    const own = await pipeline(slowGraph, { workers: 2, worker });
    line = own;
    const results = [own.run({ x: slowInput }), own.run({ x: slowInput })];
    await sleep(10);
    await workers[0]?.terminate();
    expect(await Promise.all(results)).toEqual([exact, exact]);
    expect(workers).toHaveLength(3);
  });

  test('while its replacement starts is a death like any other', async () => {
    let made = 0;
    const worker = (): Worker =>
      ++made === 2 ? new Worker('process.exit(1)', { eval: true }) : new Worker(script);
    const own = await pipeline(residual.graph, { workers: 1, worker });
    line = own;
    const results = await resultsWith(own, (count) => count === 5 && own.terminate(0));
    expect(results).toEqual(await expected());
    expect(made).toBe(3);
  });

  test('every time that it starts anew ends the pipeline after so many deaths', async () => {
    let made = 0;
    const worker = (): Worker =>
      ++made === 1 ? new Worker(script) : new Worker('process.exit(1)', { eval: true });
    const own = await pipeline(residual.graph, { workers: 1, worker, restarts: 2 });
    line = own;
    const result = rejection(own.run({ ...items[0] }));
    own.terminate(0);
    const error = await Promise.race([result, rejection(own.run({ ...items[1] }))]);
    expect(error).toMatchObject({ code: 'closed' });
    expect(String(error)).toContain('died 3 times');
    expect(made).toBe(3);
  });

  test('because it is asked for its figures has none, and is replaced', async () => {
    const shy = `
      const { parentPort } = require('node:worker_threads');
      import(${JSON.stringify(script.href)}).then(() => {
        parentPort.on('message', ({ path }) => path?.[0] === 'figures' && process.exit(1));
      });
    `;
    let made = 0;
    const worker = (): Worker => (++made === 1 ? new Worker(shy, { eval: true }) : new Worker(script));
    const own = await pipeline(residual.graph, { workers: 1, worker });
    line = own;
    expect(await own.figures()).toMatchObject([{ stage: 0, items: 0 }]);
    expect(await resultsWith(own, () => undefined)).toEqual(await expected());
    expect(await own.figures()).toMatchObject([{ stage: 0, deaths: 1 }]);
  });

  test('again and again, without a result in between, ends the pipeline with an error that says so', async () => {
    const dying = `
      const { parentPort } = require('node:worker_threads');
      import(${JSON.stringify(script.href)}).then(() => {
        parentPort.on('message', ({ path }) => path?.[0] === 'connect' && process.exit(1));
      });
    `;
    const worker = (): Worker => new Worker(dying, { eval: true });
    const own = await pipeline(residual.graph, { workers: 1, worker, restarts: 2 });
    line = own;
    for (const error of await Promise.all(
      [own.run({ ...items[0] }), own.run({ ...items[1] })].map(rejection),
    )) {
      expect(error).toMatchObject({ code: 'closed', where: 'stage 0 (worker 1)' });
      expect(String(error)).toContain('died 3 times');
    }
    expect(await rejection(own.run({ ...items[0] }))).toMatchObject({ code: 'closed' });
  });

  test('of a script that is not there ends the start with an error', async () => {
    const worker = (): Worker => new Worker(new URL('no-such-script.js', script));
    expect(await rejection(pipeline(residual.graph, { workers: 2, worker }))).toMatchObject({
      code: 'closed',
    });
  });
});

test('a slow stage holds up the others instead of filling their queues', async () => {
  const own = await pipeline(residual.graph, { schedule: scheduleOf([1, 1, 1]), credits: 1 });
  line = own;
  const iterator = own.map(items);
  await iterator.next();
  await sleep(200);
  const figures = await own.figures();
  expect(Math.max(...figures.map(({ queue }) => queue))).toBeLessThanOrEqual(1);
  expect(Math.max(...figures.map(({ items: count }) => count))).toBeLessThan(items.length / 2);
  await iterator.return?.();
});

test('lines that are opened, used and closed leave no workers and no memory behind', async () => {
  const resident = (): number => process.memoryUsage().rss;
  const once = async (): Promise<void> => {
    const own = await pipeline(residual.graph, { workers: 2 });
    await own.run(items[0] ?? {});
    own.close();
  };
  for (let i = 0; i < 4; i++) await once();
  await sleep(100);
  const before = resident();
  for (let i = 0; i < 12; i++) await once();
  await sleep(100);
  expect(resident() - before).toBeLessThan(60e6);
}, 60_000);

test('a program that waits for a pipeline alone does not end before it, and ends after it', async () => {
  const program = `
    import { pipeline } from 'spikelet/pipeline';
    const graph = {
      name: 'one', inputs: [{ name: 'x', type: { dtype: 'f32', shape: [1, 2] } }], outputs: [{ name: 'y' }],
      constants: new Map([['w', { dtype: 'f32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }]]),
      nodes: [{ op: 'linear', name: 'y', inputs: ['x', 'w'], outputs: ['y'], attributes: {} }],
    };
    const line = await pipeline(graph, { workers: 1 });
    console.log([...(await line.run({ x: [1, 1] })).y.data].join());
    console.log((await line.figures()).length);
    for await (const { y } of line.map([{ x: [1, 0] }, { x: [0, 1] }])) console.log([...y.data].join());
  `;
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], { cwd: root });
  expect(stdout.trim().split('\n')).toEqual(['3,7', '1', '1,3', '2,4']);
});
