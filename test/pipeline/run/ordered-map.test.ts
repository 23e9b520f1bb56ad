import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { orderedMap } from '../../../src/pipeline/run/ordered-map.js';

test('as many items are taken as may be under way at that moment', async () => {
  let most = 1;
  const taken: number[] = [];
  const answers: (() => void)[] = [];
  const work = (item: number): Promise<number> => {
    taken.push(item);
    return new Promise((resolve) => answers.push(() => resolve(item)));
  };
  const results = orderedMap([0, 1, 2, 3, 4, 5], work, () => most);
  const first = results.next();
  await sleep(0);
  expect(taken).toEqual([0]);
  most = 3;
  answers[0]?.();
  expect(await first).toEqual({ done: false, value: 0 });
  const second = results.next();
  await sleep(0);
  expect(taken).toEqual([0, 1, 2, 3]);
  answers[1]?.();
  expect(await second).toEqual({ done: false, value: 1 });
});
