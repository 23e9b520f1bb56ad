import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failure, openChain } from './plans.js';
import { threadWorker } from './thread-worker.js';

/** Makes threads and remembers them, so that a test can kill one. */
function recordedThreads(): { readonly workers: Worker[]; readonly threadWorker: () => Worker } {
  const workers: Worker[] = [];
  return {
    workers,
    threadWorker: () => {
      const worker = threadWorker();
      workers.push(worker);
      return worker;
    },
  };
}

describe('threads', () => {
  test('give the same values as one thread, however the units divide', async () => {
    const shape = fc.record({
      elements: fc.integer({ min: 1, max: 20_000 }),
      steps: fc.integer({ min: 1, max: 12 }),
      dtype: fc.constantFrom('f32' as const, 'u8' as const),
      threads: fc.integer({ min: 2, max: 4 }),
    });
    const property = fc.asyncProperty(shape, async ({ threads, ...chain }) => {
      const alone = await openChain(chain);
      const team = await openChain(chain, threads, { threadWorker });
      expect(team.explain().threads).toEqual({ requested: threads, used: threads });
      const x = Array.from({ length: chain.elements }, (_, i) => i % 251);
      const wanted = await alone.run({ x });
      for (let i = 0; i < 3; i++) expect(await team.run({ x })).toEqual(wanted);
      alone.close();
      team.close();
    });
    await fc.assert(property, { numRuns: 8 });
  });

  test('stay in step over hundreds of runs', async () => {
    const model = await openChain({ elements: 4096, steps: 40 }, 2, { threadWorker });
    for (let i = 0; i < 500; i++) {
      const { y } = await model.run({ x: new Float32Array(4096).fill(i) });
      if (y?.data[0] !== i + 40 || y.data[4095] !== i + 40) expect(y?.data).toBe(`${i + 40} everywhere`);
    }
    model.close();
  });

  test('fall back to one when a worker cannot start, and say why', async () => {
    const missing = (): Worker => new Worker(new URL('./no-such-script.js', import.meta.url));
    const model = await openChain({ elements: 3000 }, 2, { threadWorker: missing });
    expect(model.explain().threads).toMatchObject({ requested: 2, used: 1 });
    expect(model.explain().threads.reason).toMatch(/^a thread did not start: .*no-such-script/);
    expect((await model.run({ x: new Float32Array(3000) })).y?.data[2999]).toBe(4);
    model.close();
  });

  test('that die between runs end the model with a typed error', async () => {
    const { workers, ...options } = recordedThreads();
    const model = await openChain({ elements: 3000 }, 3, options);
    await workers[1]?.terminate();
    const x = new Float32Array(3000);
    expect(await failure(model.run({ x }))).toMatch(/^closed thread 2 of the model died/);
    expect(await failure(model.run({ x }))).toMatch(/^closed/);
  });

  test('that die during a run end it with a typed error or whole, never with a hang or wrong values', async () => {
    for (let i = 0; i < 4; i++) {
      const { workers, ...options } = recordedThreads();
      const model = await openChain({ elements: 300_000, steps: 100 }, 2, options);
      const x = new Float32Array(300_000);
      const gone = new Promise((resolve) => workers[0]?.once('exit', resolve));
      const run = model.run({ x }, { signal: new AbortController().signal });
      const outcome = run.then(
        ({ y }) => y?.data.every((value) => value === 100),
        (error) => error,
      );
      setTimeout(() => void workers[0]?.terminate(), 10);
      const ended = await outcome;
      if (ended !== true)
        expect(ended).toMatchObject({ code: 'closed', message: expect.stringMatching(/thread 1 of the/) });
      await gone;
      expect(await failure(model.run({ x }))).toMatch(/^closed/);
    }
  });

  test('end with the model', async () => {
    const { workers, ...options } = recordedThreads();
    const model = await openChain({ elements: 3000 }, 3, options);
    const ended = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    model.close();
    await Promise.all(ended);
  });
});
