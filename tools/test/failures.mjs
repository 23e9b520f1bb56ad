// What failed in a suite, from the report that its runner wrote.

const firstLines = (text, count) => text.trim().split('\n').slice(0, count).join('\n');

/** Failed tests of a vitest report; a file that fails before its tests are known is named by its path. */
export function vitestFailures(text) {
  return JSON.parse(text).testResults.flatMap(({ name: file, status, message, assertionResults }) =>
    assertionResults.length === 0 && status === 'failed'
      ? [{ file, name: '', message: firstLines(message ?? '', 12) }]
      : assertionResults
          .filter((test) => test.status === 'failed')
          .map(({ fullName, failureMessages }) => ({
            file,
            name: fullName,
            message: firstLines(failureMessages.join('\n'), 12),
          })),
  );
}

const entities = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&', '#10': '\n' };

const unescaped = (text) => text.replace(/&([^;]+);/g, (all, name) => entities[name] ?? all);

/** Failed tests of a JUnit report. */
export function junitFailures(text) {
  const failed = /<testcase classname="([^"]*)" name="([^"]*)"[^>/]*><(?:failure|error) message="([^"]*)"/g;
  return [...text.matchAll(failed)].map(([, file, name, message]) => ({
    file: unescaped(file),
    name: unescaped(name),
    message: firstLines(unescaped(message), 12),
  }));
}
