import { expect, test } from 'vitest';
import { junitFailures, vitestFailures } from '../../tools/test/failures.mjs';

test('failed tests of a report of vitest are named, with the message of each', () => {
  const text = JSON.stringify({
    testResults: [
      {
        name: 'a.test.ts',
        status: 'failed',
        assertionResults: [
          { status: 'passed', fullName: 'first', failureMessages: [] },
          { status: 'failed', fullName: 'second', failureMessages: ['Error: 1 is not 2'] },
        ],
      },
    ],
  });
  expect(vitestFailures(text)).toEqual([{ file: 'a.test.ts', name: 'second', message: 'Error: 1 is not 2' }]);
});

test('a file that fails before its tests are known is a failure without a name', () => {
  const file = { name: 'a.test.ts', status: 'failed', message: 'no such module', assertionResults: [] };
  const text = JSON.stringify({ testResults: [file] });
  expect(vitestFailures(text)).toEqual([{ file: 'a.test.ts', name: '', message: 'no such module' }]);
});

test('failed tests of a report of pytest are named, with the message of each', () => {
  const text =
    '<testsuites><testsuite><testcase classname="tests.test_a" name="test_first" time="0.1" />' +
    '<testcase classname="tests.test_a" name="test_second[&lt;2&gt;]" time="0.2">' +
    '<failure message="AssertionError: assert 1 == 2&#10; more">trace</failure></testcase></testsuite></testsuites>';
  expect(junitFailures(text)).toEqual([
    { file: 'tests.test_a', name: 'test_second[<2>]', message: 'AssertionError: assert 1 == 2\n more' },
  ]);
});
