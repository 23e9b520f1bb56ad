// Builds what the tests need, runs every suite and ends with one line that counts all of them.
// `npm test -- chromium python` runs the suites whose names contain one of the words; with `--complete` it fails when a
// suite could not run here.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addCounts, countsOf, idleFiles, idleSuites, noCounts } from './counts.mjs';
import { junitFailures, vitestFailures } from './failures.mjs';
import { missingPrograms, suites } from './suites.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const reports = join(root, 'build/test');
const seed = process.env.FAST_CHECK_SEED ?? String(Date.now() % 2 ** 31);
const environment = { ...process.env, FAST_CHECK_SEED: seed, CI: 'true' };

function run([program, ...arguments_]) {
  return spawnSync(program, arguments_, { cwd: root, stdio: 'inherit', env: environment }).status ?? 1;
}

function runSuite(suite) {
  console.log(`\n== ${suite.name}`);
  if (suite.skipped) {
    console.log(`skipped: ${suite.skipped}`);
    return { ...noCounts, skipped: 1 };
  }
  rmSync(suite.report, { force: true });
  return countsOf(suite, run(suite.command));
}

function summary({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** Names what did not run, so that nobody takes it for passed. */
function listIdle({ name, skipped, report, format }) {
  if (skipped) console.log(`${name} did not run: ${skipped}`);
  if (format !== 'vitest' || !existsSync(report)) return;
  for (const file of idleFiles(readFileSync(report, 'utf8'))) {
    console.log(`${name}: every test of ${relative(root, file)} was skipped`);
  }
}

/** Repeats what failed where a reader of a long log looks first: at its end. */
function listFailures({ name: suite, report, format }) {
  if (!existsSync(report)) return;
  const failures = (format === 'junit' ? junitFailures : vitestFailures)(readFileSync(report, 'utf8'));
  for (const { file, name, message } of failures) {
    console.log(
      `failed in ${suite}: ${file.startsWith(root) ? relative(root, file) : file}: ${name}\n${message.replace(/^/gm, '    ')}`,
    );
  }
}

const mustBeComplete = process.argv.includes('--complete');
const words = process.argv
  .slice(2)
  .filter((word) => word !== '--complete')
  .map((word) => word.toLowerCase());
const all = suites(root, reports);
const unknown = words.filter((word) => !all.some(({ name }) => name.toLowerCase().includes(word)));
if (unknown.length > 0) {
  console.log(
    `no suite is called '${unknown.join("', '")}': there are ${all.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}
const isWanted = ({ name }) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word));
const wanted = all.filter(isWanted);

mkdirSync(reports, { recursive: true });
console.log(`seed of generated cases: FAST_CHECK_SEED=${seed}`);
if (run([process.execPath, 'tools/build/build.mjs']) !== 0) {
  console.log('the build failed\n0 passed, 1 failed');
  process.exit(1);
}
const results = wanted.map((suite) => ({ name: suite.name, counts: runSuite(suite) }));
const idle = idleSuites(results);
const total = results.map((result) => result.counts).reduce(addCounts, noCounts);
console.log(`\n${results.map(({ name, counts }) => `${name}: ${summary(counts)}`).join('\n')}`);
for (const suite of wanted) listIdle(suite);
for (const line of missingPrograms()) console.log(line);
for (const suite of wanted) listFailures(suite);
if (total.failed > 0) console.log(`FAST_CHECK_SEED=${seed} repeats the generated cases of this run`);
if (mustBeComplete && idle.length > 0) console.log(`incomplete: no test ran in ${idle.join(', ')}`);
console.log(summary(total));
process.exitCode = total.failed > 0 || total.passed === 0 || (mustBeComplete && idle.length > 0) ? 1 : 0;
