import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test.each([
  ['--seconds', 'abc', "--seconds must be a number above 0, got 'abc'"],
  ['--seconds', '0', '--seconds must be a number above 0'],
  ['--seconds', 'Infinity', '--seconds must be a number above 0'],
  ['--seed', '1.5', "--seed must be an integer, got '1.5'"],
])('fuzz.mjs refuses %s %s before it builds anything', (option, value, message) => {
  const { status, stderr } = spawnSync(process.execPath, ['tools/test/fuzz.mjs', option, value], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
});
