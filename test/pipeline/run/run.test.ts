import { load } from 'spikelet';
import { type Pipeline, type PipelineOptions, pipeline, type Schedule } from 'spikelet/pipeline';
import { afterEach, describe, expect, test } from 'vitest';
import { layersOf } from '../../../src/pipeline/index.js';
import { goldenNetworks } from '../../conformance/networks.js';
import { failure } from '../../engine/plans.js';
import { imagesOf, residual, scheduleOf } from './networks.js';

const open: Pipeline[] = [];

async function opened(options: PipelineOptions): Promise<Pipeline> {
  const line = await pipeline(residual.graph, options);
  open.push(line);
  return line;
}

afterEach(() => {
  for (const line of open.splice(0)) line.close();
});

async function resultsOf(line: Pipeline, items: Parameters<Pipeline['map']>[0]) {
  const results = [];
  for await (const outputs of line.map(items)) results.push(outputs);
  return results;
}

/** What one engine computes of the same items. */
async function expected(items: ReturnType<typeof imagesOf>) {
  const model = await load(residual.graph);
  const results = [];
  for (const item of items) results.push(await model.run(item));
  model.close();
  return results;
}

describe('a model in stages', () => {
  const items = imagesOf(12);

  test.each([1, 2, 4, 7])('gives the bytes of one engine, with %i workers', async (workers) => {
    const line = await opened({ workers });
    expect(line.schedule.stages).toHaveLength(workers);
    expect(await resultsOf(line, items)).toEqual(await expected(items));
  });

  test.each(
    goldenNetworks.map((network) => [network.name, network] as const),
  )('gives the bytes of one engine: %s', async (_, { make }) => {
    const { graph, inputs } = make();
    const model = await load(graph);
    const line = await pipeline(graph, { workers: 3 });
    expect(await line.run(inputs)).toEqual(await model.run(inputs));
    line.close();
    model.close();
  });

  test('keeps the order where workers share stages', async () => {
    const line = await opened({ schedule: scheduleOf([2, 3, 1]) });
    expect(await resultsOf(line, items)).toEqual(await expected(items));
    const figures = await line.figures();
    expect(figures.map(({ stage, items: count }) => [stage, count])).toEqual([
      ...[0, 0].map((stage) => [stage, 6]),
      ...[1, 1, 1].map((stage) => [stage, 4]),
      [2, 12],
    ]);
  });

  test('has the weights of each stage in its own worker alone', async () => {
    const whole = await load(residual.graph);
    const line = await opened({ workers: 3 });
    const bytes = line.explain().map(({ memory }) => memory.regions.constants);
    expect(Math.max(...bytes)).toBeLessThan(whole.explain().memory.regions.constants);
    whole.close();
  });

  test('describes its inputs and outputs as one engine does', async () => {
    const whole = await load(residual.graph);
    const line = await opened({ workers: 2 });
    expect(line.inputs).toEqual(whole.inputs);
    expect(line.outputs).toEqual(whole.outputs);
    whole.close();
  });

  test('takes no more items than it can hold, and gives results while it waits for items', async () => {
    const line = await opened({ workers: 2, credits: 1 });
    let taken = 0;
    let release = (): void => undefined;
    async function* slow() {
      for (const item of items) {
        if (++taken === 9) {
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        }
        yield item;
      }
    }
    const results = [];
    const iterator = line.map(slow());
    for (let i = 0; i < 8; i++) {
      results.push((await iterator.next()).value);
      expect(taken).toBeLessThanOrEqual(i + 1 + 7);
    }
    release();
    for await (const outputs of iterator) results.push(outputs);
    expect(results).toEqual(await expected(items));
  });

  test('sends values between stages in fewer bits where the schedule says so', async () => {
    const [item = {}] = items;
    const exact = await (await opened({ schedule: scheduleOf([1, 1, 1]) })).run(item);
    const half = await (await opened({ schedule: scheduleOf([1, 1, 1], 'f16') })).run(item);
    const [y = new Float32Array(), z = new Float32Array()] = [exact, half].map(({ scores }) => scores?.data);
    expect(z).not.toEqual(y);
    y.forEach((value, i) => {
      expect(Math.abs((z[i] ?? Number.NaN) - value)).toBeLessThan(0.02 * Math.max(...y.map(Math.abs)));
    });
  });
});

describe('what goes wrong', () => {
  const [item = {}] = imagesOf(1);

  test.each<readonly [string, PipelineOptions, string]>([
    ['no workers', {}, 'give either the number of workers or a schedule'],
    ['none', { workers: 0 }, 'must be an integer from 1 to 64, got 0'],
    ['an unknown option', { workers: 1, worker_s: 2 } as PipelineOptions, "did you mean 'workers'?"],
    ['both', { workers: 1, schedule: scheduleOf([1]) }, 'give either'],
    ['a schedule of fewer layers', { schedule: cut(scheduleOf([1, 1])) }, 'end with layer'],
  ])('%s is an option that is refused', async (_, options, message) => {
    const error = await failure(pipeline(residual.graph, options));
    expect(error).toContain('invalid-option');
    expect(error).toContain(message);
  });

  test('an item that does not fit is refused and leaves the others alone', async () => {
    const line = await opened({ workers: 2 });
    const results = [line.run(item), line.run({ image: new Float32Array(3) }), line.run(item)];
    const [first, second, third] = await Promise.allSettled(results);
    expect(first?.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'invalid-input' } });
    expect(third).toEqual(first);
  });

  test('a model file that is damaged is refused', async () => {
    expect(await failure(pipeline(new Uint8Array(100), { workers: 2 }))).toContain('invalid-model');
  });

  test('a signal ends the wait for a result, and the pipeline stays usable', async () => {
    const line = await opened({ workers: 2 });
    const stopper = new AbortController();
    const stopped = line.run(item, { signal: stopper.signal });
    stopper.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
    expect(await line.run(item)).toEqual((await expected([item as never]))[0]);
  });

  test('a signal ends a wait for items that do not come', async () => {
    const line = await opened({ workers: 2 });
    async function* silent() {
      yield item;
      await new Promise(() => undefined);
    }
    const stopper = new AbortController();
    const iterator = line.map(silent(), { signal: stopper.signal });
    expect((await iterator.next()).done).toBe(false);
    const next = iterator.next();
    setTimeout(() => stopper.abort(new Error('enough')), 50);
    await expect(next).rejects.toThrow('enough');
  });

  test('a source that fails ends the results after those before it', async () => {
    const line = await opened({ workers: 2 });
    function* failing() {
      yield item;
      yield item;
      throw new Error('no more');
    }
    const iterator = line.map(failing());
    expect((await iterator.next()).done).toBe(false);
    expect((await iterator.next()).done).toBe(false);
    await expect(iterator.next()).rejects.toThrow('no more');
  });

  test('what waits when it is closed is told so', async () => {
    const line = await opened({ workers: 2 });
    const waiting = [line.run(item), line.run(item)];
    line.close();
    for (const result of await Promise.allSettled(waiting)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'closed' } });
    }
    expect(await failure(line.run(item))).toContain('closed');
  });
});

/** Without its last layer. */
function cut(schedule: Schedule): Schedule {
  const { stages } = schedule;
  return {
    ...schedule,
    stages: stages.map((stage, i) => (i + 1 < stages.length ? stage : { ...stage, end: stage.end - 1 })),
  };
}

test('the network has layers enough', () => {
  expect(layersOf(residual.graph).length).toBeGreaterThanOrEqual(6);
});
