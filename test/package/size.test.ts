import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

/** What a page downloads to run a model: the runtime's scripts and the kernels of one variant, compressed. */
const budget = 60_000;

const compressed = (bytes: Uint8Array): number => gzipSync(bytes, { level: 9 }).length;

test(`the runtime with one kernel variant is at most ${budget} bytes`, async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL('../../dist/index.js', import.meta.url))],
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    outdir: 'out',
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  const sizes = new Map(
    outputFiles.map(({ path, contents }) => [path.split('/').at(-1) ?? '', compressed(contents)]),
  );
  const outputs = new Map(
    Object.entries(metafile.outputs).map(([path, output]) => [path.split('/').at(-1) ?? '', output]),
  );
  const kernels = [...outputs].filter(([, { entryPoint }]) => entryPoint?.includes('kernels/generated/'));
  const scripts = new Set<string>();
  const visit = (name: string): void => {
    scripts.add(name);
    for (const { path, kind } of outputs.get(name)?.imports ?? []) {
      if (kind === 'import-statement') visit(path.split('/').at(-1) ?? '');
    }
  };
  visit('index.js');
  const script = [...scripts].reduce((sum, name) => sum + (sizes.get(name) ?? 0), 0);
  const largest = Math.max(...kernels.map(([name]) => sizes.get(name) ?? 0));
  expect(kernels).toHaveLength(4);
  expect(script + largest, `scripts ${script}, kernels ${largest}`).toBeLessThanOrEqual(budget);
});
