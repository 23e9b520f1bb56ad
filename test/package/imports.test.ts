import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const source = fileURLToPath(new URL('../../src', import.meta.url));

/** What each room may import, besides itself, `error` and `host`. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  error: [],
  host: [],
  hdf5: [],
  graph: [],
  format: ['graph', 'hdf5'],
  compress: ['graph'],
  data: ['graph', 'hdf5'],
  compile: ['graph'],
  engine: ['graph', 'format', 'compile'],
  index: ['graph', 'engine'],
  pipeline: ['graph', 'format', 'engine', 'index'],
  devices: ['graph', 'format', 'engine', 'index', 'pipeline'],
  scenes: ['graph', 'compress', 'data', 'index'],
  external: ['graph', 'engine', 'index'],
  cli: [
    'graph',
    'format',
    'compress',
    'data',
    'compile',
    'engine',
    'index',
    'pipeline',
    'devices',
    'hdf5',
    'scenes',
  ],
};

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

const manifest: Manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
const packageOf = (specifier: string): string =>
  specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isType: boolean;
}

const pattern =
  /^\s*(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'|\bimport\('([^']+)'\)|^import '([^']+)'/gm;

/** Imports written in a file; `import('...')` in a type position counts as one of a module. */
function importsOf(name: string): readonly Import[] {
  const text = readFileSync(join(source, name), 'utf8');
  return [...text.matchAll(pattern)].map(([, type, from, dynamic, bare]) => {
    const specifier = from ?? dynamic ?? bare ?? '';
    const to = specifier.startsWith('.')
      ? relative(source, resolve(source, dirname(name), specifier)).replace(/\.js$/, '.ts')
      : specifier;
    return { from: name, to, isType: type !== undefined };
  });
}

const imports = files.flatMap(importsOf);
const roomOf = (file: string): string => file.split('/')[0]?.replace(/\.ts$/, '') ?? '';
const isLocal = (to: string): boolean => to.endsWith('.ts');

/** Every module that loading `entry` loads. */
function reached(entry: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const { from, to, isType } of imports) if (from === file && !isType && isLocal(to)) visit(to);
  };
  visit(entry);
  return seen;
}

describe('imports', () => {
  test('go one way through the house', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [room, other] = [roomOf(from), roomOf(to)];
      return (
        isLocal(to) &&
        other !== room &&
        other !== 'error' &&
        other !== 'host' &&
        !allowed[room]?.includes(other)
      );
    });
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  test('name files that exist', () => {
    const known = new Set(files);
    const missing = imports.filter(({ to }) => isLocal(to) && !known.has(to) && !to.includes('/generated/'));
    expect(missing.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  test('of packages are of those that are installed along', () => {
    const others = imports.filter(({ to, isType }) => !isLocal(to) && !to.startsWith('node:') && !isType);
    expect(new Set(others.map(({ to }) => packageOf(to)))).toEqual(
      new Set(Object.keys(manifest.dependencies)),
    );
  });

  test('of Node are in files made for Node only', () => {
    const wrong = imports.filter(
      ({ from, to, isType }) => to.startsWith('node:') && !isType && !/^cli\/|\/node\b|\/node-/.test(from),
    );
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  test('see every file of the rooms', () => {
    expect([...new Set(files.map(roomOf))].filter((room) => !Object.hasOwn(allowed, room))).toEqual([]);
    expect(imports.length).toBeGreaterThan(files.length);
  });
});

describe('the runtime', () => {
  test.each([
    'index.ts',
    'external.ts',
    'engine/worker/serve.ts',
    'engine/threads/thread.ts',
  ])('%s carries no references, importers or tools', (entry) => {
    const modules = [...reached(entry)];
    expect(modules.length).toBeGreaterThan(2);
    const forbidden =
      /^graph\/(ops\/references|interpret)\.ts$|^format\/(onnx|nir)\/|^compress\/|^data\/|^pipeline\/|^devices\/|^cli\//;
    expect(modules.filter((file) => forbidden.test(file))).toEqual([]);
  });

  test('of a thread is a few small modules', () => {
    expect(
      [...reached('engine/threads/thread.ts')].filter((file) => /^(compile|format|graph)\//.test(file)),
    ).toEqual([]);
  });
});
