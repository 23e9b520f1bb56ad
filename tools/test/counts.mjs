// Counts of a suite from the report that its runner wrote.
import { readFileSync } from 'node:fs';

export const noCounts = { passed: 0, failed: 0, skipped: 0 };

export const addCounts = (a, b) => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

/** A file that fails before its tests are known counts as one failed test. */
export function vitestCounts(text) {
  const counts = { ...noCounts };
  for (const file of JSON.parse(text).testResults) {
    if (file.assertionResults.length === 0 && file.status === 'failed') counts.failed++;
    for (const { status } of file.assertionResults) {
      if (status === 'passed') counts.passed++;
      else if (status === 'failed') counts.failed++;
      else counts.skipped++;
    }
  }
  return counts;
}

export function junitCounts(text) {
  const suite = /<testsuite\b[^>]*>/.exec(text)?.[0] ?? '';
  const attribute = (name) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = attribute('failures') + attribute('errors');
  const skipped = attribute('skipped');
  return { passed: attribute('tests') - failed - skipped, failed, skipped };
}

/** Counts of a suite that ended with `status`; one that failed without saying where counts as one failure. */
export function countsOf({ report, format }, status) {
  let counts = noCounts;
  try {
    const text = readFileSync(report, 'utf8');
    counts = format === 'junit' ? junitCounts(text) : vitestCounts(text);
  } catch {
    return { ...noCounts, failed: 1 };
  }
  return status !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

/** Files of a vitest report that have tests, none of which ran. */
export function idleFiles(text) {
  return JSON.parse(text)
    .testResults.filter(({ assertionResults: tests }) => tests.length > 0 && tests.every(isIdle))
    .map(({ name }) => name);
}

const isIdle = ({ status }) => status !== 'passed' && status !== 'failed';

/** Why a run that must be complete is not: suites of which no test ran, by name. */
export const idleSuites = (results) =>
  results.filter(({ counts }) => counts.passed + counts.failed === 0).map(({ name }) => name);
