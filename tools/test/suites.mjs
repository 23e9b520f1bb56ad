// The suites of the test command: what each runs, and why it may have to be skipped on a machine.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { newerNode } from '../runtimes/newer-node.mjs';

const vitest = 'node_modules/vitest/vitest.mjs';

/** Tests whose result depends on the JavaScript engine, so that they run in a second one. */
const engineTests = ['test/kernels', 'test/engine', 'test/conformance', 'test/compile'];

const versionOf = (node) =>
  spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim().replace('v', '');

export const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';

function findPython() {
  for (const python of [process.env.PYTHON, '/usr/bin/python3', 'python3']) {
    if (!python) continue;
    const { status } = spawnSync(python, ['-c', 'import torch, numpy, pytest'], { stdio: 'ignore' });
    if (status === 0) return python;
  }
  return undefined;
}

/** Programs that some tests start, and what is skipped without them. */
const programs = [
  {
    program: process.env.NATS_SERVER ?? 'nats-server',
    argument: '--version',
    tests: 'pipelines over devices',
    remedy: 'install the package nats-server, or set NATS_SERVER',
  },
  {
    program: 'openssl',
    argument: 'version',
    tests: 'devices that connect by TLS',
    remedy: 'install the package openssl',
  },
];

/** A line for each program that is not there. */
export const missingPrograms = () =>
  programs
    .filter(({ program, argument }) => spawnSync(program, [argument]).status !== 0)
    .map(({ program, tests, remedy }) => `tests of ${tests} did not run: there is no ${program} (${remedy})`);

/**
 * Each suite is `{ name, command, report, format }`, where the command writes its report to the file `report` in
 * `format` 'vitest' or 'junit', or `{ name, skipped: reason }`.
 */
export function suites(root, reports) {
  const inVitest = (name, node, arguments_) => {
    const report = join(reports, `${name.replace(/\W+/g, '-').toLowerCase()}.json`);
    const output = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    return { name, command: [node, vitest, 'run', ...arguments_, ...output], report, format: 'vitest' };
  };
  const python = findPython();
  const pythonReport = join(reports, 'python.xml');
  const present = engineTests.filter((folder) => existsSync(join(root, folder)));
  const newer = newerNode(root);
  return [
    inVitest(`Node ${versionOf(process.execPath)}`, process.execPath, []),
    newer
      ? inVitest(`Node ${versionOf(newer)}`, newer, present)
      : { name: 'Node 26', skipped: 'tools/runtimes has it for Linux on x64 only, or could not install it' },
    existsSync(chromiumPath)
      ? inVitest('Chromium', process.execPath, ['--config', 'vitest.browser.config.ts'])
      : {
          name: 'Chromium',
          skipped: `there is no ${chromiumPath} (set CHROMIUM, or install the package chromium)`,
        },
    python
      ? {
          name: 'Python',
          command: [python, '-m', 'pytest', '-q', 'tools/train/tests', `--junitxml=${pythonReport}`],
          report: pythonReport,
          format: 'junit',
        }
      : { name: 'Python', skipped: 'needs python3 with torch, numpy and pytest (set PYTHON)' },
  ];
}
