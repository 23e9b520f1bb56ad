import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { floatFile } from '../engine/models.js';
import { array, type GraphSpec, integers, list, nirFile } from '../format/nir/nir-file.js';

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

/** Pages with code blocks that follow the mark `<!-- run -->`. */
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];

function examplesOfPages(): readonly Example[] {
  return pages
    .filter((page) => page.endsWith('.md') && existsSync(join(root, page)))
    .flatMap((page) => {
      const text = readFileSync(join(root, page), 'utf8');
      const blocks = text.matchAll(/<!-- run -->\s*```(?:js|ts)\n([\s\S]*?)```/g);
      return [...blocks].map(([, code = ''], i) => ({ where: `${page} #${i + 1}`, code }));
    });
}

const run = promisify(execFile);

const spikingLayer: GraphSpec = {
  nodes: {
    input: { type: 'Input', shape: integers(2) },
    linear: { type: 'Linear', weight: array([1, 2], [1, 2]) },
    lif: { type: 'LIF', tau: list(0.01), r: list(1), v_leak: list(0), v_threshold: list(1) },
    output: { type: 'Output', shape: integers(1) },
  },
  edges: [
    ['input', 'linear'],
    ['linear', 'lif'],
    ['lif', 'output'],
  ],
};

describe('examples run as they are written, with `modelFile` and `nirFile` paths to models', () => {
  let folder = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(root, 'build/examples-'));
    writeFileSync(join(folder, 'model.spikelet'), floatFile);
    writeFileSync(join(folder, 'model.nir'), await nirFile(spikingLayer));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  test('there are some', () => expect(examplesOfSource().length).toBeGreaterThan(2));

  test.each([...examplesOfSource(), ...examplesOfPages()])('$where', async ({ where, code }) => {
    const file = join(folder, `${where.replace(/\W+/g, '-')}.mjs`);
    const files = { modelFile: 'model.spikelet', nirFile: 'model.nir' };
    const paths = Object.entries(files).map(
      ([name, at]) => `const ${name} = ${JSON.stringify(join(folder, at))};\n`,
    );
    writeFileSync(file, `${paths.join('')}${code}`);
    const { stderr } = await run(process.execPath, [file], { cwd: folder, timeout: 25_000 });
    expect(stderr).toBe('');
  });
});
