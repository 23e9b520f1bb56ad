import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { smallAnswer, smallFile, smallInput } from '../engine/models.js';
import { familyNames } from '../kernels/built.js';
import { type Consumer, installPacked, root } from './packed.js';

let consumer: Consumer;

beforeAll(() => {
  consumer = installPacked();
  writeFileSync(join(consumer.folder, 'small.spikelet'), smallFile);
});

afterAll(() => consumer.remove());

const run = promisify(execFile);

/** Standard output of a module run by Node in the consumer's project. */
async function runModule(code: string): Promise<string> {
  const file = join(consumer.folder, 'program.mjs');
  writeFileSync(file, code);
  const { stdout } = await run(process.execPath, [file], { cwd: consumer.folder, timeout: 60_000 });
  return stdout.trim();
}

describe('the tarball', () => {
  test('has every file that package.json names', () => {
    const { bin, exports } = consumer.manifest;
    const targets = Object.values(exports).flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(entry),
    );
    const named = [...Object.values(bin), ...targets].filter((path) => !path.includes('*'));
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !consumer.files.includes(path.replace('./', '')))).toEqual([]);
  });

  test('gives every entry types first', () => {
    for (const [name, entry] of Object.entries(consumer.manifest.exports)) {
      if (typeof entry !== 'string') expect(Object.keys(entry), name).toEqual(['types', 'default']);
    }
  });

  test('has the kernels of every family and variant, embedded and as files', () => {
    const modules = familyNames.flatMap((family) =>
      ['simd', 'relaxed', 'simd-shared', 'relaxed-shared'].map((variant) => `${family}-${variant}`),
    );
    const found = (pattern: RegExp): readonly string[] =>
      consumer.files.flatMap((path) => pattern.exec(path)?.[1] ?? []).sort();
    expect(found(/^dist\/kernels\/(.*)\.wasm$/)).toEqual([...modules].sort());
    expect(found(/^dist\/kernels\/generated\/(.*)\.js$/)).toEqual([...modules].sort());
  });

  test('has nothing but the built package and its papers', () => {
    const other = consumer.files.filter(
      (path) => !/^(dist\/|tools\/train\/|(README|CHANGELOG)\.md$|LICENSE$|package\.json$)/.test(path),
    );
    expect(other).toEqual([]);
  });

  test('has the training tools as source, without what Python makes of it and without their tests', () => {
    const tools = consumer.files.filter((path) => path.startsWith('tools/'));
    expect(tools).toEqual(
      expect.arrayContaining(
        ['run.py', 'describe_methods.py', 'check_requirements.py', 'requirements.txt'].map(
          (name) => `tools/train/${name}`,
        ),
      ),
    );
    expect(tools).toContain('tools/train/spikelet_train/methods/bmpq.py');
    expect(tools).toContain('tools/train/spikelet_train/run_engine.mjs');
    expect(
      tools.filter((path) => !/^tools\/train\/(spikelet_train\/(.*\.py|run_engine\.mjs)|[\w.]+)$/.test(path)),
    ).toEqual([]);
  });
});

describe('an installed package', () => {
  test.each([
    ['here', '{}'],
    ['in two threads', '{ threads: 2 }'],
    ['in a worker', '{ worker: true }'],
    ['in a worker with two threads', '{ worker: true, threads: 2 }'],
  ])('runs a model %s', async (_, options) => {
    const output = await runModule(`
      import { load } from 'spikelet';
      const model = await load('small.spikelet', ${options});
      const { y } = await model.run({ x: [${smallInput.join()}] });
      let hash = 0x811c9dc5;
      for (const byte of y.data) hash = Math.imul(hash ^ byte, 0x01000193);
      console.log(hash >>> 0, model.explain().threads.used);
    `);
    expect(output).toBe(
      `${smallAnswer} ${options.includes('threads') ? Math.min(2, availableParallelism()) : 1}`,
    );
  });

  test('runs with kernels as files', async () => {
    const output = await runModule(`
      import { load } from 'spikelet/external';
      const model = await load('small.spikelet');
      const { y } = await model.run({ x: new Uint8Array(200) });
      console.log(y.data.length);
    `);
    expect(output).toBe('225');
  });

  test('can import every entry that is no script of a worker', async () => {
    const names = Object.keys(consumer.manifest.exports).filter(
      (name) => !/package\.json|\*|\.\/(worker|stage|thread)$/.test(name),
    );
    const output = await runModule(`
      for (const name of ${JSON.stringify(names)}) {
        const entry = await import(name.replace('.', 'spikelet'));
        console.log(name, Object.keys(entry).length > 0);
      }
    `);
    expect(output.split('\n')).toEqual(names.map((name) => `${name} true`));
  });

  test('has a command that runs', () => {
    const [path = ''] = Object.values(consumer.manifest.bin);
    const { status, stdout } = spawnSync(process.execPath, [join(consumer.packageFolder, path), '--help'], {
      encoding: 'utf8',
    });
    expect(stdout).toContain('spikelet');
    expect(status).toBe(0);
  });
});

const program = `
import { load, type LoadOptions, type Model, SpikeletError, type Tensor } from 'spikelet';

const options: LoadOptions = { threads: 2, onProgress: ({ stage, loaded }) => console.log(stage, loaded) };
export async function classify(bytes: Uint8Array, signal: AbortSignal): Promise<Tensor | undefined> {
  const model: Model = await load(bytes, { ...options, signal });
  try {
    return (await model.run({ x: new Float32Array(4) }, { signal }))['y'];
  } catch (error) {
    if (error instanceof SpikeletError && error.code === 'invalid-input') console.log(error.where);
    throw error;
  } finally {
    model.close();
  }
}
// @ts-expect-error an option that does not exist
export const wrong: LoadOptions = { thread: 2 };
`;

const settings = {
  nodenext: { module: 'nodenext', moduleResolution: 'nodenext', lib: ['es2022', 'dom'] },
  bundler: { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'] },
};

describe('TypeScript', () => {
  test.each(Object.entries(settings))(
    'finds the types under %s and checks them',
    { timeout: 120_000 },
    async (_, compilerOptions) => {
      const file = join(consumer.folder, 'tsconfig.json');
      const strict = {
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
        target: 'es2022',
      };
      const imports = Object.entries(consumer.manifest.exports)
        .filter(([, entry]) => typeof entry !== 'string')
        .map(
          ([name], i) =>
            `import type * as entry${i} from '${name.replace('.', 'spikelet')}'; export type E${i} = typeof entry${i};`,
        );
      writeFileSync(join(consumer.folder, 'package.json'), '{ "type": "module" }');
      writeFileSync(join(consumer.folder, 'program.ts'), program + imports.join('\n'));
      writeFileSync(
        file,
        JSON.stringify({
          compilerOptions: { types: [], ...strict, ...compilerOptions },
          files: ['program.ts'],
        }),
      );
      const compiler = join(root, 'node_modules/typescript/bin/tsc');
      const outcome = await run(process.execPath, [compiler, '-p', file], { cwd: consumer.folder }).catch(
        (error) => error,
      );
      expect(outcome.stdout).toBe('');
    },
  );
});
