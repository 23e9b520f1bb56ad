import { expect, test } from 'vitest';
import { countsOf, idleFiles, idleSuites, junitCounts, vitestCounts } from '../../tools/test/counts.mjs';

const file = (name: string, ...statuses: readonly string[]) => ({
  name,
  status: statuses.includes('failed') ? 'failed' : 'passed',
  assertionResults: statuses.map((status) => ({ status })),
});

const report = (...testResults: readonly object[]): string => JSON.stringify({ testResults });

test('tests of a report of vitest are counted', () => {
  const text = report(file('a', 'passed', 'failed', 'skipped'), file('b', 'passed', 'pending'));
  expect(vitestCounts(text)).toEqual({ passed: 2, failed: 1, skipped: 2 });
});

test('a file that fails before its tests are known is one failure', () => {
  expect(vitestCounts(report({ ...file('a'), status: 'failed' }))).toMatchObject({ failed: 1 });
});

test('tests of a report of pytest are counted', () => {
  const text = '<testsuites><testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10">';
  expect(junitCounts(text)).toEqual({ passed: 4, failed: 3, skipped: 3 });
});

test('a suite that leaves no report is one failure', () => {
  expect(countsOf({ report: 'there-is-none.json', format: 'vitest' }, 0)).toMatchObject({ failed: 1 });
});

test('files of which no test ran are named, files with some are not', () => {
  const text = report(file('all', 'skipped', 'skipped'), file('some', 'passed', 'skipped'), file('none'));
  expect(idleFiles(text)).toEqual(['all']);
});

test('suites of which no test ran are named', () => {
  const counts = { passed: 0, failed: 0, skipped: 4 };
  const results = [
    { name: 'Python', counts },
    { name: 'Node', counts: { ...counts, passed: 1 } },
    { name: 'Chromium', counts: { ...counts, failed: 1 } },
  ];
  expect(idleSuites(results)).toEqual(['Python']);
});
