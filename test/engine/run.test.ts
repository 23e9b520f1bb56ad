import { describe, expect, test } from 'vitest';
import { memoryLayout } from '../../src/engine/explain.js';
import { startPlan } from '../../src/engine/start.js';
import { chainPlan, failure, openChain, rejection, simdKernels } from './plans.js';

const counting = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => i);

describe('a run', () => {
  test('passes the inputs through every step into outputs that belong to the caller', async () => {
    const model = await openChain({ elements: 3000, steps: 4 });
    const x = counting(3000);
    const first = await model.run({ x });
    const second = await model.run({ x: x.map((v) => -v) });
    expect(first.y?.shape).toEqual([3000]);
    expect(first.y?.data).toEqual(x.map((v) => v + 4));
    expect(second.y?.data).toEqual(x.map((v) => 4 - v));
    expect(x).toEqual(counting(3000));
    model.close();
  });

  test('works on bytes', async () => {
    const model = await openChain({ elements: 2000, steps: 5, dtype: 'u8' });
    const x = Uint8Array.from({ length: 2000 }, (_, i) => i);
    const { y } = await model.run({ x });
    expect(y?.data).toEqual(x.map((v) => v + 5));
    model.close();
  });

  test.each([
    ['a tensor', { dtype: 'f32', shape: [3], data: Float32Array.of(1, 2, 3) }],
    ['a typed array', Float32Array.of(1, 2, 3)],
    ['numbers', [1, 2, 3]],
  ] as const)('takes %s', async (_, x) => {
    const model = await openChain({ elements: 3, steps: 1 });
    expect((await model.run({ x })).y?.data).toEqual(Float32Array.of(2, 3, 4));
    model.close();
  });

  test('takes pixels of a canvas for u8', async () => {
    const model = await openChain({ elements: 3, steps: 1, dtype: 'u8' });
    expect((await model.run({ x: Uint8ClampedArray.of(1, 2, 300) })).y?.data).toEqual(Uint8Array.of(2, 3, 0));
    model.close();
  });

  test('of several at once happens in order, each with the inputs it was called with', async () => {
    const model = await openChain({ elements: 5000, steps: 3 });
    const x = new Float32Array(5000);
    const signal = new AbortController().signal;
    const runs = Array.from({ length: 8 }, (_, i) => model.run({ x: x.fill(i) }, { signal }));
    x.fill(-1);
    const finished: number[] = [];
    await Promise.all(runs.map((run, i) => run.then(() => finished.push(i))));
    expect(finished).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const values = (await Promise.all(runs)).map(({ y }) => [y?.data[0], y?.data[4999]]);
    expect(values).toEqual([3, 4, 5, 6, 7, 8, 9, 10].map((v) => [v, v]));
    model.close();
  });
});

describe('inputs are refused', () => {
  test.each([
    ['a missing one', {}, /invalid-input input 'x': is missing: expected f32\[3\]/],
    [
      'an unknown name',
      { X: [1, 2, 3] },
      /invalid-input input 'X': the model has no such input; did you mean 'x'\?/,
    ],
    ['a wrong length', { x: new Float32Array(4) }, /input 'x': has 4 elements, expected 3 for f32\[3\]/],
    [
      'another typed array',
      { x: new Float64Array(3) },
      /input 'x': is Float64Array, expected Float32Array or an array of numbers$/,
    ],
    [
      'another typed array in a tensor',
      { x: { dtype: 'f32', shape: [3], data: new Int32Array(3) } },
      /input 'x': is Int32Array, expected Float32Array/,
    ],
    ['another view of bytes', { x: new DataView(new ArrayBuffer(12)) }, /is DataView, expected Float32Array/],
    [
      'a tensor without a type',
      { x: { shape: [3], data: new Float32Array(3) } },
      /input 'x': has no dtype, expected \{ dtype: 'f32', shape: \[3\], data: Float32Array \}$/,
    ],
    [
      'a tensor without a shape',
      { x: { dtype: 'f32', data: new Float32Array(3) } },
      /input 'x': has no shape, expected \{ dtype: 'f32', shape: \[3\]/,
    ],
    [
      'a tensor without data',
      { x: { dtype: 'f32', shape: [3] } },
      /input 'x': has no data, expected \{ dtype/,
    ],
    [
      'a tensor of a wrong type',
      { x: { dtype: 'u8', shape: [3], data: new Uint8Array(3) } },
      /is u8, expected f32/,
    ],
    [
      'a wrong shape',
      { x: { dtype: 'f32', shape: [1, 3], data: new Float32Array(3) } },
      /has shape \[1, 3\], expected \[3\]/,
    ],
    ['NaN', { x: [0, Number.NaN, 1] }, /input 'x\[1\]': is NaN, expected a finite number/],
    ['infinity', { x: Float32Array.of(0, 1, Number.NEGATIVE_INFINITY) }, /input 'x\[2\]': is -Infinity/],
    ['text', { x: 'abc' }, /must be a tensor, a typed array or an array of numbers, got string/],
    ['an array of other things', { x: [1, '2', 3] }, /input 'x\[1\]': is string, expected a number/],
  ])('%s', async (_, inputs, message) => {
    const model = await openChain({ elements: 3, steps: 1 });
    expect(await failure(model.run(inputs as never))).toMatch(message);
    expect((await model.run({ x: [0, 0, 0] })).y?.data).toEqual(Float32Array.of(1, 1, 1));
    model.close();
  });

  test.each([
    [[0, 256, 0], /input 'x\[1\]': is 256, expected an integer from 0 to 255/],
    [[0, 0, 0.5], /input 'x\[2\]': is 0.5/],
    [new Array<number>(3), /input 'x\[0\]': is undefined, expected a number/],
    [new Float32Array(3), /input 'x': is Float32Array, expected Uint8Array/],
  ])('what are no bytes: %j', async (x, message) => {
    const model = await openChain({ elements: 3, steps: 1, dtype: 'u8' });
    expect(await failure(model.run({ x }))).toMatch(message);
    model.close();
  });

  test('an unknown option, with the closest known one', async () => {
    const model = await openChain();
    const options = { singal: new AbortController().signal } as never;
    expect(await failure(model.run({ x: counting(3000) }, options))).toMatch(
      /invalid-option singal: run has no option 'singal'; did you mean 'signal'\? \(known: signal, certain\)/,
    );
    model.close();
  });
});

describe('abort', () => {
  const long = { elements: 400_000, steps: 300 };

  test.each([
    1, 2,
  ])('ends a run between steps and leaves the model usable, with %i threads', async (threads) => {
    const options = threads > 1 ? { threadWorker: (await import('./thread-worker.js')).threadWorker } : {};
    const model = await openChain(long, threads, options);
    expect(model.explain().threads).toEqual({ requested: threads, used: threads });
    const x = new Float32Array(long.elements);
    for (let i = 0; i < 3; i++) {
      const stopper = new AbortController();
      setTimeout(() => stopper.abort('enough'), 10);
      expect(await rejection(model.run({ x }, { signal: stopper.signal }))).toBe('enough');
    }
    expect((await model.run({ x }, { signal: new AbortController().signal })).y?.data[7]).toBe(300);
    model.close();
  });

  test('before the run rejects at once', async () => {
    const model = await openChain();
    expect(await rejection(model.run({ x: counting(3000) }, { signal: AbortSignal.abort('no') }))).toBe('no');
    model.close();
  });

  test('of a call that waits for another rejects at once and leaves the others their turn', async () => {
    const model = await openChain(long);
    const x = new Float32Array(long.elements);
    const [alive, stopper] = [new AbortController(), new AbortController()];
    const settled: string[] = [];
    const note = (name: string) => (): void => void settled.push(name);
    const runs = [alive, stopper, alive].map(({ signal }, i) =>
      model.run({ x }, { signal }).then(note(`run ${i}`), note(`abort ${i}`)),
    );
    const late = model.run({ x }, { signal: AbortSignal.abort() }).then(note('run 3'), note('abort 3'));
    setTimeout(() => stopper.abort(), 5);
    await Promise.all([...runs, late]);
    expect(settled).toEqual(['abort 3', 'abort 1', 'run 0', 'run 2']);
    model.close();
  });

  test('of one call does not touch the others in the queue', async () => {
    const model = await openChain(long);
    const x = new Float32Array(long.elements);
    const stopper = new AbortController();
    const runs = [model.run({ x }, { signal: stopper.signal }), model.run({ x })];
    setTimeout(() => stopper.abort(), 5);
    const [first, second] = await Promise.allSettled(runs);
    expect(first?.status).toBe('rejected');
    expect(second?.status).toBe('fulfilled');
    model.close();
  });
});

describe('close', () => {
  test('makes every later call reject, and can be called again', async () => {
    const model = await openChain();
    model.close();
    model.close();
    expect(await failure(model.run({ x: counting(3000) }))).toMatch(/^closed the model was closed/);
    expect(await failure(model.profile({ x: counting(3000) }))).toMatch(/^closed/);
  });

  test('rejects the run under way and those that wait', async () => {
    const model = await openChain({ elements: 400_000, steps: 300 });
    const x = new Float32Array(400_000);
    const { signal } = new AbortController();
    const runs = [model.run({ x }, { signal }), model.run({ x }), model.run({ x }, { signal })];
    setTimeout(() => model.close(), 5);
    for (const run of runs) expect(await failure(run)).toMatch(/^closed/);
  });

  test('happens at the end of a `using` block', async () => {
    const model = await openChain();
    model[Symbol.dispose]();
    expect(await failure(model.run({ x: counting(3000) }))).toMatch(/^closed/);
  });
});

describe('explain and profile', () => {
  test('tell kernels, threads and memory by layer', async () => {
    const model = await openChain({ elements: 1000, steps: 2 });
    const { variant, dot, memory, layers } = model.explain();
    expect({ variant, dot }).toEqual({ variant: 'simd', dot: 'i16' });
    expect(layers.map((layer) => [layer.name, layer.kernels])).toEqual([
      ['layer 0', ['f32_add']],
      ['layer 1', ['f32_add']],
    ]);
    expect(memory.bytes).toBe(65536);
    expect(memory.regions).toEqual({
      control: 1024,
      parameters: 192,
      constants: 256,
      state: 0,
      arena: 4000,
      scratch: 0,
    });
    expect(memoryLayout(model.explain())).toMatch(/constants .* table\n[\s\S]*65,536 bytes in all$/);
    model.close();
  });

  test('measure every layer and write a trace that covers every call', async () => {
    const model = await openChain({ elements: 100_000, steps: 3 });
    const profile = await model.profile({ x: new Float32Array(100_000) }, { runs: 5 });
    expect(profile.runs).toBe(5);
    expect(profile.layers.map((layer) => layer.name)).toEqual(['layer 0', 'layer 1', 'layer 2']);
    for (const layer of profile.layers) {
      expect(layer.medianMs).toBeGreaterThan(0);
      expect(layer.gmacsPerSecond).toBeCloseTo(layer.macs / layer.medianMs / 1e6);
    }
    const { traceEvents } = profile.trace();
    expect(traceEvents).toHaveLength(15);
    expect(traceEvents.every((event) => event.ph === 'X' && event.dur >= 0 && event.ts >= 0)).toBe(true);
    expect(JSON.parse(JSON.stringify(profile.trace()))).toEqual(profile.trace());
    expect(traceEvents.map(({ args }) => args.layerMacs)).toEqual(Array(15).fill(profile.layers[0]?.macs));
    model.close();
  });
});

describe('a kernel that traps', () => {
  test('closes the model, whose memory cannot be trusted any more', async () => {
    const plan = chainPlan({ elements: 3, steps: 2 });
    const [first, second] = plan.steps;
    if (!first || !second) throw new Error('no steps');
    const broken = { ...second, parameters: { ...second.parameters, a: 2 ** 30 } };
    const model = await startPlan({ ...plan, steps: [first, broken] }, await simdKernels(), {});
    expect(await failure(model.run({ x: [1, 2, 3] }))).toMatch(
      /^internal a kernel failed \(memory access out of bounds\)/,
    );
    expect(await failure(model.run({ x: [1, 2, 3] }))).toMatch(/^closed/);
  });
});

describe('the plan', () => {
  test('that needs more memory than the limit is refused before memory is taken', async () => {
    const { memoryBytes } = chainPlan();
    expect(await failure(openChain({}, 1, { memoryLimit: memoryBytes - 1 }))).toMatch(
      new RegExp(
        `out-of-memory the model needs ${memoryBytes} bytes, more than the limit of ${memoryBytes - 1}`,
      ),
    );
  });
});
