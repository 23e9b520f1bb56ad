import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { chooseKernels } from '../../src/engine/kernels/choose.js';
import { embeddedKernels } from '../../src/engine/kernels/embedded.js';
import { chooseThreads } from '../../src/engine/kernels/thread-support.js';

test('as many threads as asked for are used where there are processors for them', () => {
  for (const requested of [1, 2, 8])
    expect(chooseThreads(requested, 8)).toEqual({ requested, used: requested });
});

test('no more threads are used than there are processors, and the reason is given', () => {
  expect(chooseThreads(64, 4)).toEqual({
    requested: 64,
    used: 4,
    reason: 'there are 4 processors, and threads that share one would wait for each other',
  });
  expect(chooseThreads(2, 1)).toMatchObject({
    used: 1,
    reason: expect.stringMatching(/^there is 1 processor,/),
  });
});

test('the processors are those of this machine', async () => {
  const { threads } = await chooseKernels({ threads: 64 }, embeddedKernels);
  expect(threads).toMatchObject({ requested: 64, used: Math.min(64, availableParallelism()) });
});
