import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { load, type Progress } from 'spikelet';
import { describe, expect, test } from 'vitest';
import { fnv1a } from '../../src/engine/kernels/known-answer.js';
import { slowGraph, slowInput, smallAnswer, smallFile, smallGraph, smallInput } from './models.js';
import { failure, rejection } from './plans.js';

const script = new URL('../../dist/serve.js', import.meta.url);

/** A worker of the caller's own, kept so that a test can kill it. */
function ownWorker(): { readonly workers: Worker[]; readonly worker: () => Worker } {
  const workers: Worker[] = [];
  return {
    workers,
    worker: () => {
      const worker = new Worker(script);
      workers.push(worker);
      return worker;
    },
  };
}

/** An array that lost its memory to a message. */
function detached(): Uint8Array {
  const array = new Uint8Array(200);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

describe('a model in a worker', () => {
  test.each([
    ['bytes', () => smallFile],
    ['a graph', () => smallGraph],
    ['a response', () => new Response(smallFile as BodyInit)],
  ])('comes from %s and gives the same values and descriptions', async (_, source) => {
    const here = await load(smallFile);
    const there = await load(source(), { worker: true });
    const { y } = await there.run({ x: smallInput });
    expect(fnv1a(y?.data ?? [])).toBe(smallAnswer);
    expect(there.inputs).toEqual(here.inputs);
    expect(there.outputs).toEqual(here.outputs);
    expect(there.explain()).toEqual(here.explain());
    here.close();
    there.close();
  });

  test('leaves the caller its source and its inputs', async () => {
    const file = smallFile.slice();
    const x = smallInput.slice();
    const model = await load(file, { worker: true });
    await model.run({ x });
    expect(file).toEqual(smallFile);
    expect(x).toEqual(smallInput);
    model.close();
  });

  test('shares its layers among threads', async () => {
    const model = await load(smallFile, { worker: true, threads: 2 });
    expect(model.explain().threads).toMatchObject({
      requested: 2,
      used: Math.min(2, availableParallelism()),
    });
    expect(fnv1a((await model.run({ x: smallInput })).y?.data ?? [])).toBe(smallAnswer);
    model.close();
  });

  test('keeps this thread free while it runs', async () => {
    const model = await load(slowGraph, { worker: true });
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const run = model.run({ x: slowInput }).then(() => turns);
    expect(await run).toBeGreaterThan(5);
    clearInterval(timer);
    model.close();
  });

  test('reports the progress of its load', async () => {
    const stages: Progress['stage'][] = [];
    const model = await load(smallFile, { worker: true, onProgress: ({ stage }) => stages.push(stage) });
    expect([...new Set(stages)]).toEqual(['fetch', 'verify', 'compile', 'start']);
    model.close();
  });

  test('is profiled', async () => {
    const model = await load(smallFile, { worker: true });
    const profile = await model.profile({ x: smallInput }, { runs: 3 });
    expect(profile.layers.map(({ name }) => name)).toEqual(['first', 'second']);
    expect(profile.trace().traceEvents.length).toBeGreaterThanOrEqual(3);
    model.close();
  });
});

describe('errors from a worker keep code, place and message', () => {
  test('of a load', async () => {
    const broken = smallFile.slice();
    broken.fill(255, -4);
    for (const source of [broken, smallFile.subarray(0, 99), join('no', 'such.spikelet')]) {
      const here = await rejection(load(source));
      const there = await rejection(load(source, { worker: true }));
      expect(there).toMatchObject({ name: 'SpikeletError', code: Reflect.get(here as object, 'code') });
      expect(Reflect.get(there as object, 'where')).toBe(Reflect.get(here as object, 'where'));
      expect(String(there)).toBe(String(here));
    }
  });

  test('of a run', async () => {
    const model = await load(smallFile, { worker: true });
    expect(await failure(model.run({ X: smallInput }))).toMatch(
      /^invalid-input input 'X': the model has no such input; did/,
    );
    expect(await failure(model.run({ x: smallInput }, { sginal: 1 } as never))).toMatch(
      /^invalid-option sginal/,
    );
    expect(fnv1a((await model.run({ x: smallInput })).y?.data ?? [])).toBe(smallAnswer);
    model.close();
  });
});

describe('inputs for a worker', () => {
  test.each([
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a tensor of a function', { dtype: 'u8', shape: [1, 8, 5, 5], data: () => 1 }],
    ['an array whose memory was given away', detached()],
  ])('that are %s are refused as they are here', async (_, x) => {
    const [here, there] = [await load(smallFile), await load(smallFile, { worker: true })];
    const expected = await failure(here.run({ x } as never));
    expect(expected).toMatch(/^invalid-input input 'x'/);
    expect(await failure(there.run({ x } as never))).toBe(expected);
    expect(await failure(there.profile({ x } as never))).toBe(expected);
    here.close();
    there.close();
  });

  test('travel alone where they are part of a large buffer', async () => {
    const sent: number[] = [];
    class Spy extends Worker {
      override postMessage(message: unknown, ...rest: never[]): void {
        sent.push(serialize(message).length);
        super.postMessage(message, ...rest);
      }
    }
    const model = await load(smallFile, { worker: () => new Spy(script) });
    const large = new Uint8Array(2 ** 22);
    large.set(smallInput, 1000);
    sent.length = 0;
    const { y } = await model.run({ x: large.subarray(1000, 1000 + smallInput.length) });
    expect(fnv1a(y?.data ?? [])).toBe(smallAnswer);
    expect(Math.max(...sent)).toBeLessThan(4096);
    model.close();
  });
});

describe('an error of the caller', () => {
  test('in onProgress rejects the load and ends the worker', async () => {
    const { workers, worker } = ownWorker();
    const onProgress = (): void => {
      throw new Error('mine');
    };
    expect(await rejection(load(smallFile, { worker, onProgress }))).toEqual(new Error('mine'));
    await new Promise((resolve) => workers[0]?.once('exit', resolve));
  });
});

describe('an abort reaches the worker', () => {
  test('during a run, and the model stays usable', async () => {
    const model = await load(slowGraph, { worker: true });
    const stopper = new AbortController();
    const start = performance.now();
    await model.run({ x: slowInput });
    const whole = performance.now() - start;
    setTimeout(() => stopper.abort('enough'), whole / 20);
    expect(await rejection(model.run({ x: slowInput }, { signal: stopper.signal }))).toBe('enough');
    await model.run({ x: slowInput });
    model.close();
  });

  test('during a load', async () => {
    const stopper = new AbortController();
    const onProgress = (): void => stopper.abort('enough');
    expect(await rejection(load(smallFile, { worker: true, signal: stopper.signal, onProgress }))).toBe(
      'enough',
    );
  });
});

describe('the end of a worker', () => {
  test('by close rejects calls under way and later ones, and ends the thread', async () => {
    const { workers, worker } = ownWorker();
    const model = await load(slowGraph, { worker });
    const ended = new Promise((resolve) => workers[0]?.once('exit', resolve));
    const runs = [model.run({ x: slowInput }), model.run({ x: slowInput })].map(failure);
    model.close();
    model.close();
    for (const run of runs) expect(await run).toMatch(/^closed the model was closed/);
    expect(await failure(model.run({ x: slowInput }))).toMatch(/^closed/);
    await ended;
  });

  test('by death rejects calls under way and later ones', async () => {
    const { workers, worker } = ownWorker();
    const model = await load(slowGraph, { worker });
    const runs = [model.run({ x: slowInput }), model.run({ x: slowInput })].map(failure);
    await workers[0]?.terminate();
    for (const run of runs)
      expect(await run).toMatch(/^closed the worker died \(exit code 1\): load the model again/);
    expect(await failure(model.run({ x: slowInput }))).toMatch(/^closed the worker died/);
  });

  test('before it has started rejects the load', async () => {
    const worker = (): Worker => new Worker(new URL('./no-such-script.js', import.meta.url));
    expect(await failure(load(smallFile, { worker }))).toMatch(/^closed the worker died \(.*no-such-script/);
  });

  test('comes by itself when nothing else keeps the process running', async () => {
    const source = new URL('../../dist/index.js', import.meta.url).href;
    const code = `
      const { load } = await import(${JSON.stringify(source)});
      const bytes = Uint8Array.from(Buffer.from(${JSON.stringify(Buffer.from(smallFile).toString('base64'))}, 'base64'));
      const models = await Promise.all([load(bytes, { worker: true, threads: 2 }), load(bytes, { threads: 2 })]);
      for (const model of models) await model.run({ x: new Uint8Array(200) }, { signal: AbortSignal.timeout(1e6) });
      console.log('done');
    `;
    const output = await new Promise((resolve, reject) => {
      execFile(process.execPath, ['--input-type=module', '-e', code], { timeout: 20_000 }, (error, stdout) =>
        error ? reject(error) : resolve(stdout.trim()),
      );
    });
    expect(output).toBe('done');
  });
});
