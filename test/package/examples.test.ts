import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { floatFile } from '../engine/models.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Example {
  readonly where: string;
  readonly code: string;
}

const importsPackage = /^import .* from 'spikelet[\w/]*';$/m;

/** `@example` blocks that are whole programs: those that import the package. */
function examplesOfSource(): readonly Example[] {
  const names = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const blocks = readFileSync(join(root, 'src', name), 'utf8').matchAll(
        /@example\n((?:[ \t]*\*(?!\/)(?! @).*\n)+)/g,
      );
      return [...blocks].map(([, text = ''], i) => ({
        where: `src/${name} #${i + 1}`,
        code: text.replace(/^[ \t]*\* ?/gm, ''),
      }));
    })
    .filter(({ code }) => importsPackage.test(code));
}

/** Code blocks of the README that follow the mark `<!-- run -->`. */
function examplesOfReadme(): readonly Example[] {
  const file = join(root, 'README.md');
  if (!existsSync(file)) return [];
  const blocks = readFileSync(file, 'utf8').matchAll(/<!-- run -->\s*```(?:js|ts)\n([\s\S]*?)```/g);
  return [...blocks].map(([, code = ''], i) => ({ where: `README.md #${i + 1}`, code }));
}

const run = promisify(execFile);

describe('examples run as they are written, with `modelFile` a path to a model', () => {
  let folder = '';

  beforeAll(() => {
    folder = mkdtempSync(join(root, 'build/examples-'));
    writeFileSync(join(folder, 'model.spikelet'), floatFile);
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  test('there are some', () => expect(examplesOfSource().length).toBeGreaterThan(2));

  test.each([...examplesOfSource(), ...examplesOfReadme()])('$where', async ({ where, code }) => {
    const file = join(folder, `${where.replace(/\W+/g, '-')}.mjs`);
    writeFileSync(file, `const modelFile = ${JSON.stringify(join(folder, 'model.spikelet'))};\n${code}`);
    const { stderr } = await run(process.execPath, [file], { cwd: folder, timeout: 25_000 });
    expect(stderr).toBe('');
  });
});
